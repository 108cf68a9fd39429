package templates

import (
	"fmt"
	"strconv"
	"strings"
	"text/template/parse"
)

// programmer compiles the trees of one letter to programs.
type programmer struct {
	funcs   map[string]any
	locale  string
	slots   map[string]int  // by path
	groups  map[string]bool // paths above those of slots
	fixed   [][]byte
	marked  bool   // text stands for fixed parts (see segments.go)
	unknown string // the first node that it has no step for
}

func newProgrammer(slots []string, funcs map[string]any, locale string) *programmer {
	p := &programmer{funcs: funcs, locale: locale, slots: map[string]int{}, groups: map[string]bool{}}
	for i, path := range slots {
		p.slots[path] = i
		for at, c := range path {
			if c == '.' {
				p.groups[path[:at]] = true
			}
		}
	}
	return p
}

// line compiles a line of text such as a subject.
func (p *programmer) line(tree *parse.Tree) (steps []step, unknown string) {
	p.marked, p.unknown = false, ""
	return p.list(tree.Root, scope{}), p.unknown
}

// part compiles a part of the letter after its text has been marked. unknown names the node, if any, for which the whole part is
// left to the template; the steps are of no use then.
func (p *programmer) part(tree *parse.Tree, fixed [][]byte) (steps []step, unknown string) {
	p.marked, p.fixed, p.unknown = true, fixed, ""
	return p.list(tree.Root, scope{}), p.unknown
}

func (p *programmer) leave(n fmt.Stringer) {
	if p.unknown == "" {
		p.unknown = n.String()
	}
}

// list compiles nodes in the scope of a dot, which check.go has made sure of.
func (p *programmer) list(list *parse.ListNode, dot scope) []step {
	if list == nil {
		return nil
	}
	var steps []step
	for _, n := range list.Nodes {
		switch n := n.(type) {
		case *parse.TextNode:
			steps = append(steps, p.text(n))
		case *parse.ActionNode:
			steps = append(steps, p.print(n.Pipe, dot))
		case *parse.IfNode:
			steps = append(steps, &ifStep{p.pipe(n.Pipe, n.Pipe.Cmds, dot), p.list(n.List, dot), p.list(n.ElseList, dot)})
		case *parse.RangeNode:
			steps = append(steps, p.loop(n, dot))
		case *parse.WithNode:
			if group, ok := p.group(n.Pipe, dot); ok { // a group is there for everybody
				steps = append(steps, p.list(n.List, scope{group: group})...)
				continue
			}
			steps = append(steps, &withStep{p.pipe(n.Pipe, n.Pipe.Cmds, dot), p.list(n.List, scope{scalar: true}), p.list(n.ElseList, dot)})
		default:
			p.leave(n)
		}
	}
	return steps
}

func (p *programmer) text(n *parse.TextNode) step {
	if !p.marked {
		return literalStep(n.Text)
	}
	i, err := strconv.Atoi(strings.Trim(string(n.Text), "\x00"))
	if err != nil || i >= len(p.fixed) {
		p.leave(n)
		return literalStep("")
	}
	return fixedStep{i, len(p.fixed[i])}
}

func (p *programmer) print(pipe *parse.PipeNode, dot scope) step {
	cmds, s := pipe.Cmds, &printStep{}
	for len(cmds) > 1 {
		last := cmds[len(cmds)-1]
		name, ok := last.Args[0].(*parse.IdentifierNode)
		if !ok || escapers[name.Ident] == nil || len(last.Args) > 1 {
			break
		}
		s.escapers = append([]escaper{escapers[name.Ident]}, s.escapers...)
		cmds = cmds[:len(cmds)-1]
	}
	s.value = p.pipe(pipe, cmds, dot)
	return s
}

// loop goes over the products, which are a list whatever the data has (see machine.fill).
func (p *programmer) loop(n *parse.RangeNode, dot scope) step {
	s := &rangeStep{p.pipe(n.Pipe, n.Pipe.Cmds, dot), p.list(n.List, scope{scalar: true}), p.list(n.ElseList, dot)}
	slot, ok := s.list.(fieldExpression)
	if products, used := p.slots["client.products"]; !ok || !used || int(slot) != products {
		p.leave(n)
	}
	return s
}

// group is the path of a pipeline that is a group of fields.
func (p *programmer) group(pipe *parse.PipeNode, dot scope) (string, bool) {
	if len(pipe.Decl) > 0 || len(pipe.Cmds) != 1 || len(pipe.Cmds[0].Args) != 1 {
		return "", false
	}
	path, ok := fieldPath(pipe.Cmds[0].Args[0], dot)
	_, both := p.slots[path]
	return path, ok && !both && p.groups[path]
}

// fieldPath is the whole path of a field.
func fieldPath(n parse.Node, dot scope) (string, bool) {
	switch n := n.(type) {
	case *parse.FieldNode:
		return join(dot.group, n.Ident), !dot.scalar
	case *parse.VariableNode:
		return join("", n.Ident[1:]), n.Ident[0] == "$"
	}
	return "", false
}

// pipe compiles commands of a pipeline; the value of each is the last argument of the next.
func (p *programmer) pipe(pipe *parse.PipeNode, cmds []*parse.CommandNode, dot scope) expression {
	if len(pipe.Decl) > 0 {
		p.leave(pipe)
	}
	var e expression
	for _, cmd := range cmds {
		e = p.command(cmd, e, dot)
	}
	return e
}

func (p *programmer) command(cmd *parse.CommandNode, piped expression, dot scope) expression {
	name, ok := cmd.Args[0].(*parse.IdentifierNode)
	if !ok {
		if len(cmd.Args) > 1 || piped != nil {
			p.leave(cmd)
		}
		return p.operand(cmd.Args[0], dot)
	}
	var args []expression
	for _, arg := range cmd.Args[1:] {
		args = append(args, p.operand(arg, dot))
	}
	if piped != nil {
		args = append(args, piped)
	}
	e := p.call(name.Ident, args)
	if e == nil {
		p.leave(cmd)
	}
	return e
}

// call is nil for what programs cannot call.
func (p *programmer) call(name string, args []expression) expression {
	takes, ok := arity[name]
	if ok && (len(args) < takes.least || len(args) > takes.most) {
		return nil
	}
	switch name {
	case "and", "or":
		return choiceExpression{name == "or", args}
	case "not":
		return notExpression{args[0]}
	case "default":
		return defaultExpression{args[0], args[1]}
	case "index":
		if position, ok := args[1].(constantExpression); ok {
			if i, ok := position.other.(int); ok {
				return indexExpression{args[0], i}
			}
		}
	case "date":
		if layout, ok := args[0].(constantExpression); ok && layout.other == nil {
			return dateExpression{newDateFormat(p.locale, layout.text), args[1]}
		}
	}
	function := adapt(p.funcs[name], len(args))
	if function == nil {
		return nil
	}
	return callExpression{function, args}
}

// operand compiles a field, a literal or a pipeline in parentheses.
func (p *programmer) operand(n parse.Node, dot scope) expression {
	switch n := n.(type) {
	case *parse.FieldNode, *parse.VariableNode:
		path, ok := fieldPath(n, dot)
		slot, known := p.slots[path]
		if ok && known && !p.groups[path] {
			return fieldExpression(slot)
		}
	case *parse.DotNode:
		if dot.scalar {
			return dotExpression{}
		}
	case *parse.StringNode:
		return constantExpression{text: n.Text}
	case *parse.BoolNode:
		return constantExpression{other: n.True}
	case *parse.NumberNode:
		if number, ok := literalNumber(n); ok {
			return constantExpression{other: number}
		}
	case *parse.PipeNode:
		return p.pipe(n, n.Cmds, dot)
	}
	p.leave(n)
	return constantExpression{}
}

// literalNumber gives a number the type that text/template gives it where any is welcome: int, or float64 when it is written as one.
func literalNumber(n *parse.NumberNode) (any, bool) {
	decimal := strings.Trim(n.Text, "+-0123456789.eE") == ""
	switch {
	case decimal && n.IsFloat && strings.ContainsAny(n.Text, ".eE"):
		return n.Float64, true
	case decimal && n.IsInt && int64(int(n.Int64)) == n.Int64:
		return int(n.Int64), true
	}
	return nil, false
}
