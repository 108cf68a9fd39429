package api

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"
)

// A field in another case would be checked as one and read as the other.
func init() { huma.ValidateStrictCasing = true }

// document is what huma starts from. Its own routes for documents are not used:
// they load scripts from elsewhere.
func (s *server) document() huma.Config {
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{Title: "seventh", Version: s.Version, Description: "Nurture sequences: clients, enrollments, and every touch. " +
				"Errors are application/problem+json (RFC 9457) and name every invalid field. Lists are read page by page: " +
				"send next_cursor back as cursor until it is empty."},
			Components: &huma.Components{
				Schemas:         huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{"key": securityScheme},
			},
			Servers: []*huma.Server{{URL: s.PublicURL}},
		},
		Formats:                      huma.DefaultFormats,
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{tidy},
	}
}

// documentSource puts the source of a letter where callers find it, see
// sourceSuffix.
func (s *server) documentSource() {
	const from, to = "/api/v1/messages/{id}/eml", "/api/v1/messages/{id}.eml"
	paths := s.huma.OpenAPI().Paths
	paths[to] = paths[from]
	delete(paths, from)
}

// serveSpec gives the finished OpenAPI document.
func (s *server) serveSpec() echo.HandlerFunc {
	spec, err := json.Marshal(s.huma.OpenAPI())
	if err != nil {
		panic(fmt.Sprintf("encoding the OpenAPI document: %v", err)) // made of our own types
	}
	return func(c echo.Context) error { return c.Blob(http.StatusOK, "application/openapi+json", spec) }
}

// docsPage is what docs.html shows.
type docsPage struct {
	Title, Version, About string
	Resources             []docsResource
}

type docsResource struct {
	Name       string
	Operations []docsOperation
}

type docsOperation struct {
	Method, Path, Does, Needs string
	Parameters                []docsField
	Fields                    []docsField // of the body
}

type docsField struct {
	Name, In, Type, About string
	Required              bool
}

// docs shows the OpenAPI document to people.
func (s *server) docs() echo.HandlerFunc {
	spec := s.huma.OpenAPI()
	page := docsPage{Title: spec.Info.Title, Version: spec.Info.Version, About: spec.Info.Description}
	for path, item := range spec.Paths {
		for method, o := range map[string]*huma.Operation{"GET": item.Get, "PUT": item.Put, "POST": item.Post, "DELETE": item.Delete} {
			if o != nil {
				page.add(spec.Components.Schemas, method, path, o)
			}
		}
	}
	page.sort()
	return func(c echo.Context) error { return plain(c, http.StatusOK, "docs.html", page) }
}

func (p *docsPage) add(schemas huma.Registry, method, path string, o *huma.Operation) {
	shown := docsOperation{Method: method, Path: path, Does: o.Summary, Needs: strings.ReplaceAll(o.Description, "`", "")}
	for _, parameter := range o.Parameters {
		shown.Parameters = append(shown.Parameters, docsField{
			Name: parameter.Name, In: parameter.In, Type: typeName(parameter.Schema), About: parameter.Description, Required: parameter.Required,
		})
	}
	if o.RequestBody != nil {
		shown.Fields = fieldsOf(schemas, o.RequestBody.Content["application/json"].Schema)
	}
	i := slices.IndexFunc(p.Resources, func(r docsResource) bool { return r.Name == o.Tags[0] })
	if i < 0 {
		i, p.Resources = len(p.Resources), append(p.Resources, docsResource{Name: o.Tags[0]})
	}
	p.Resources[i].Operations = append(p.Resources[i].Operations, shown)
}

func (p *docsPage) sort() {
	slices.SortFunc(p.Resources, func(a, b docsResource) int { return strings.Compare(a.Name, b.Name) })
	for _, r := range p.Resources {
		slices.SortFunc(r.Operations, func(a, b docsOperation) int {
			return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Method, b.Method))
		})
	}
}

// fieldsOf are the fields of a body, or of its items.
func fieldsOf(schemas huma.Registry, schema *huma.Schema) []docsField {
	if schema == nil {
		return nil
	}
	if schema.Items != nil {
		return fieldsOf(schemas, schema.Items)
	}
	if schema.Ref != "" {
		return fieldsOf(schemas, schemas.SchemaFromRef(schema.Ref))
	}
	var fields []docsField
	for name, property := range schema.Properties {
		fields = append(fields, docsField{
			Name: name, Type: typeName(property), About: property.Description, Required: slices.Contains(schema.Required, name),
		})
	}
	slices.SortFunc(fields, func(a, b docsField) int { return strings.Compare(a.Name, b.Name) })
	return fields
}

func typeName(schema *huma.Schema) string {
	switch {
	case schema == nil:
		return ""
	case len(schema.Enum) > 0:
		values := make([]string, len(schema.Enum))
		for i, v := range schema.Enum {
			values[i] = fmt.Sprintf("%q", v)
		}
		return strings.Join(values, ", ")
	case schema.Items != nil:
		return "list of " + cmp.Or(typeName(schema.Items), "object")
	case schema.Format == "date-time":
		return "time"
	}
	return schema.Type
}
