package templates

import (
	"io"
	"strconv"
	"strings"
	texttemplate "text/template"
	"text/template/parse"
)

// fold puts in what is known when a letter is compiled, such as its locale, and decides the conditions that hang on it alone:
// of {{ if eq .locale "ru" }} one branch remains.
func fold(tree *parse.Tree, funcs map[string]any, constants map[string]string) {
	f := folder{funcs, constants}
	f.list(tree.Root, true)
}

type folder struct {
	funcs     map[string]any
	constants map[string]string
}

// list folds nodes in place. At the root a dot is the whole of the data; inside of loops it is not.
func (f folder) list(list *parse.ListNode, root bool) {
	if list == nil {
		return
	}
	var nodes []parse.Node
	for _, n := range list.Nodes {
		switch n := n.(type) {
		case *parse.ActionNode:
			f.pipe(n.Pipe, root)
		case *parse.RangeNode:
			f.branch(&n.BranchNode, root, false)
		case *parse.WithNode:
			f.branch(&n.BranchNode, root, false)
		case *parse.IfNode:
			f.branch(&n.BranchNode, root, root)
			if constant(n.Pipe) {
				if kept := f.decide(n); kept != nil {
					nodes = append(nodes, kept.Nodes...)
				}
				continue
			}
		}
		nodes = append(nodes, n)
	}
	list.Nodes = nodes
}

func (f folder) branch(n *parse.BranchNode, root, inside bool) {
	f.pipe(n.Pipe, root)
	f.list(n.List, inside)
	f.list(n.ElseList, root)
}

func (f folder) pipe(p *parse.PipeNode, root bool) {
	for _, cmd := range p.Cmds {
		for i, arg := range cmd.Args {
			switch n := arg.(type) {
			case *parse.PipeNode:
				f.pipe(n, root)
			case *parse.FieldNode:
				if v, known := f.constants[n.Ident[0]]; known && root {
					cmd.Args[i] = stringNode(v)
				}
			case *parse.VariableNode:
				if v, known := f.constants[strings.Join(n.Ident[1:], ".")]; known {
					cmd.Args[i] = stringNode(v)
				}
			}
		}
	}
}

func stringNode(s string) *parse.StringNode {
	return &parse.StringNode{NodeType: parse.NodeString, Quoted: strconv.Quote(s), Text: s}
}

// decide returns the branch that a constant condition chooses.
func (f folder) decide(n *parse.IfNode) *parse.ListNode {
	yes := &parse.TextNode{NodeType: parse.NodeText, Text: []byte("yes")}
	asked := *n
	asked.List = &parse.ListNode{NodeType: parse.NodeList, Nodes: []parse.Node{yes}}
	asked.ElseList = nil
	tree := &parse.Tree{Root: &parse.ListNode{NodeType: parse.NodeList}}
	t := texttemplate.Must(texttemplate.New("").Funcs(f.funcs).AddParseTree("", tree))
	if execute(tree, t, &asked) == "yes" {
		return n.List
	}
	return n.ElseList
}

// constant tells whether a pipeline is made of literals and functions only.
func constant(p *parse.PipeNode) bool {
	for _, cmd := range p.Cmds {
		for _, arg := range cmd.Args {
			switch n := arg.(type) {
			case *parse.PipeNode:
				if !constant(n) {
					return false
				}
			case *parse.StringNode, *parse.NumberNode, *parse.BoolNode, *parse.IdentifierNode:
			default:
				return false
			}
		}
	}
	return true
}

// execute runs one constant node with the functions of a template. The node stands in for the template's tree meanwhile.
func execute(tree *parse.Tree, t interface{ Execute(io.Writer, any) error }, n parse.Node) string {
	whole := tree.Root
	tree.Root = &parse.ListNode{NodeType: parse.NodeList, Nodes: []parse.Node{n}}
	defer func() { tree.Root = whole }()
	var out strings.Builder
	if err := t.Execute(&out, nil); err != nil {
		return "" // literals and functions that cannot fail
	}
	return out.String()
}
