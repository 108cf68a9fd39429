package templates

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/template/parse"
)

// checker reads the actions of one text in order. It lets through known fields, the few functions of functions.go,
// conditions and loops over a client's products, and reports everything else where it stands.
type checker struct {
	file *file
	dict dictionary
	used map[string]bool // fields met so far
	open []block
}

// block is an if, range or with whose end has not come yet.
type block struct {
	action action
	outer  scope // what a dot means after its else and its end
	inner  scope
	closed bool // by an else without a condition
}

// scope is what a dot means.
type scope struct {
	group  string // the dot is this group of fields; "" is all of them
	scalar bool   // the dot is one value: a product of a loop, or what with has found
}

func (c *checker) scope() scope {
	if len(c.open) == 0 {
		return scope{}
	}
	return c.open[len(c.open)-1].inner
}

// check reads one action after those before it.
func (c *checker) check(a *action) {
	if a.comment {
		return
	}
	inner := a.inner()
	switch a.keyword {
	case "end":
		c.end(*a, inner)
	case "else":
		c.alternative(a, inner)
	case "if", "range", "with":
		outer := c.scope()
		c.open = append(c.open, block{action: *a, outer: outer, inner: c.begin(a, a.text, a.keyword)})
	default:
		if tree := c.parse(*a, a.text); tree != nil {
			c.print(a, tree)
		}
	}
}

// finish reports what was never closed.
func (c *checker) finish() {
	for _, b := range c.open {
		c.file.problem(b.action.at, "{{ %s }} has no {{ end }}", b.action.keyword)
	}
}

func (c *checker) end(a action, inner string) {
	switch {
	case inner != "end":
		c.file.problem(a.at, "write {{ end }} alone")
	case len(c.open) == 0:
		c.file.problem(a.at, "{{ end }} without an {{ if }}, {{ range }} or {{ with }} before it")
	default:
		c.open = c.open[:len(c.open)-1]
	}
}

func (c *checker) alternative(a *action, inner string) {
	if len(c.open) == 0 {
		c.file.problem(a.at, "{{ else }} without an {{ if }} before it")
		return
	}
	b := &c.open[len(c.open)-1]
	if b.closed {
		c.file.problem(a.at, "a second {{ else }} for one {{ %s }}: the last one can have no condition, those before it are {{ else if … }}", b.action.keyword)
		return
	}
	b.inner = b.outer
	if inner == "else" {
		b.closed = true
		return
	}
	if keyword(strings.TrimSpace(strings.TrimPrefix(inner, "else"))) != "if" || b.action.keyword == "range" {
		c.file.problem(a.at, "write {{ else }} or {{ else if … }}")
		return
	}
	// "else" becomes spaces, so that positions stay.
	b.inner = c.begin(a, strings.Replace(a.text, "else", "    ", 1), "if")
}

// begin checks the condition of an if, range or with and returns what a dot means inside of it.
func (c *checker) begin(a *action, text, keyword string) scope {
	inner := c.scope()
	tree := c.parse(*a, text+"{{ end }}")
	if tree == nil {
		return inner
	}
	switch n := tree.Root.Nodes[0].(type) {
	case *parse.IfNode:
		c.pipe(a, n.Pipe, false)
	case *parse.RangeNode:
		inner = scope{scalar: true}
		if path, ok := c.single(n.Pipe); !ok || path != "client.products" {
			c.file.problem(a.at, "a loop goes over the client's products: {{ range .client.products }}")
			return inner
		}
		c.pipe(a, n.Pipe, false)
	case *parse.WithNode:
		inner = scope{scalar: true}
		if path, ok := c.single(n.Pipe); ok && c.dict.groups[path] {
			return scope{group: path}
		}
		c.pipe(a, n.Pipe, false)
	}
	return inner
}

// single is the path of a pipeline that is one field and nothing else.
func (c *checker) single(p *parse.PipeNode) (string, bool) {
	if len(p.Decl) > 0 || len(p.Cmds) != 1 || len(p.Cmds[0].Args) != 1 {
		return "", false
	}
	switch n := p.Cmds[0].Args[0].(type) {
	case *parse.FieldNode:
		if c.scope().scalar {
			return "", false
		}
		return join(c.scope().group, n.Ident), true
	case *parse.VariableNode:
		return join("", n.Ident[1:]), n.Ident[0] == "$"
	}
	return "", false
}

func (c *checker) print(a *action, tree *parse.Tree) {
	if len(tree.Root.Nodes) != 1 {
		c.file.problem(a.at, "write {{ and }} around one field")
		return
	}
	n, ok := tree.Root.Nodes[0].(*parse.ActionNode)
	if !ok {
		c.file.problem(a.at, "%s is not allowed in letters: they have fields, if, range and with", a.text)
		return
	}
	c.pipe(a, n.Pipe, true)
}

// parse reads one action; functions are checked later, to report all of them and not the first one only.
func (c *checker) parse(a action, text string) *parse.Tree {
	if slices.Contains(refusedKeywords, strings.Fields(a.inner() + " -")[0]) {
		c.file.problem(a.at, "%s is not allowed in letters: they have fields, if, range and with", a.text)
		return nil
	}
	tree := parse.New("")
	tree.Mode = parse.SkipFuncCheck
	tree, err := tree.Parse(text, "", "", map[string]*parse.Tree{})
	if err != nil {
		_, message, found := strings.Cut(err.Error(), ":1: ")
		if !found {
			message = err.Error()
		}
		if strings.Contains(message, "undefined variable") {
			message = "variables are not supported"
		}
		c.file.problem(a.at, "cannot read %s: %s", a.text, message)
		return nil
	}
	if tree.Root == nil || len(tree.Root.Nodes) == 0 {
		c.file.problem(a.at, "%s is empty", a.text)
		return nil
	}
	return tree
}

var refusedKeywords = []string{"define", "template", "block", "break", "continue"}

// pipe checks a pipeline: a | b "x" | c.
func (c *checker) pipe(a *action, p *parse.PipeNode, printed bool) {
	if len(p.Decl) > 0 {
		c.file.problem(a.at, "variables are not supported")
		return
	}
	for i, cmd := range p.Cmds {
		c.command(a, cmd, i > 0, printed && i == len(p.Cmds)-1)
	}
}

func (c *checker) command(a *action, cmd *parse.CommandNode, piped, printed bool) {
	given := len(cmd.Args) - 1
	if piped {
		given++
	}
	switch head := cmd.Args[0].(type) {
	case *parse.IdentifierNode:
		c.function(a, head, given)
	default:
		c.operand(a, head)
		if given > 0 {
			c.file.problem(c.locate(a, head), "%s is not a function: separate it by | or remove what stands beside it", head)
		}
	}
	for _, arg := range cmd.Args[1:] {
		c.operand(a, arg)
	}
}

func (c *checker) function(a *action, n *parse.IdentifierNode, given int) {
	at := a.offset(c.file, int(n.Position()))
	takes, known := arity[n.Ident]
	if !known {
		names := slices.Sorted(maps.Keys(arity))
		c.file.problem(at, "unknown function %s%s (there are %s)", n.Ident, didYouMean(n.Ident, names), strings.Join(names, ", "))
		return
	}
	if given < takes.least || given > takes.most {
		c.file.problem(at, "%s: write it as %s", n.Ident, takes.example)
	}
}

// operand checks one argument: a field, a literal or a pipeline in parentheses.
func (c *checker) operand(a *action, n parse.Node) {
	switch n := n.(type) {
	case *parse.FieldNode:
		a.relative = a.relative || c.scope() != scope{}
		if c.scope().scalar {
			c.file.problem(c.locate(a, n), "inside {{ range }} and {{ with }} a dot is the value itself: write $%s", n)
			return
		}
		c.field(a, n, join(c.scope().group, n.Ident))
	case *parse.VariableNode:
		if len(n.Ident) == 1 {
			c.file.problem(c.locate(a, n), "write a field after $, as in $.client.first_name")
			return
		}
		c.field(a, n, join("", n.Ident[1:]))
	case *parse.DotNode:
		a.relative = true
		if !c.scope().scalar {
			c.file.problem(a.offset(c.file, int(n.Position())), "a dot alone means something only inside {{ range }} and {{ with }}")
		}
	case *parse.StringNode:
		if strings.ContainsRune(n.Text, 0) {
			c.file.problem(a.offset(c.file, int(n.Position())), "text cannot hold the character NUL")
		}
	case *parse.PipeNode:
		c.pipe(a, n, false)
	case *parse.IdentifierNode:
		c.function(a, n, 0)
	case *parse.NumberNode, *parse.BoolNode:
	case *parse.ChainNode:
		if c.dict.fields[n.String()] {
			c.file.problem(a.offset(c.file, int(n.Node.Position())), "a field begins with a dot: write .%s", n)
			return
		}
		c.file.problem(a.offset(c.file, int(n.Position())), "%s is not supported in letters", n)
	default:
		c.file.problem(a.offset(c.file, int(n.Position())), "%s is not supported in letters", n)
	}
}

func (c *checker) field(a *action, n parse.Node, path string) {
	if !c.dict.fields[path] {
		c.file.problem(c.locate(a, n), "%s", c.dict.missing(path))
		return
	}
	c.used[path] = true
}

// locate is where a field begins; the parser remembers only its last part.
func (c *checker) locate(a *action, n parse.Node) int {
	written := n.String()
	upTo := min(int(n.Position())+len(written), len(a.text))
	return a.offset(c.file, max(strings.LastIndex(a.text[:upTo], written), 0))
}

func join(group string, ident []string) string {
	path := strings.Join(ident, ".")
	if group == "" {
		return path
	}
	return fmt.Sprintf("%s.%s", group, path)
}
