package templates

import (
	"bytes"
	"errors"
	"strconv"
	"text/template/parse"
)

// A template writes its text nodes and its fields through the same writer. To tell them apart, each text node of a compiled letter
// holds a marker, NUL index NUL, and the text itself is a fixed part. No field can forge a marker: clean takes NUL out of all values.

// fixedParts collects the text of a letter that is the same for everybody; equal parts are kept once.
type fixedParts struct {
	parts [][]byte
	index map[string]int
}

// mark replaces the text of a tree by markers. Constant actions become text first.
func (f *fixedParts) mark(list *parse.ListNode, constantText func(parse.Node) string) {
	if list == nil {
		return
	}
	var nodes []parse.Node
	var pending []byte
	flush := func() {
		if len(pending) > 0 {
			nodes = append(nodes, &parse.TextNode{NodeType: parse.NodeText, Text: f.marker(pending)})
			pending = nil
		}
	}
	for _, n := range list.Nodes {
		switch n := n.(type) {
		case *parse.TextNode:
			pending = append(pending, n.Text...)
			continue
		case *parse.ActionNode:
			if constant(n.Pipe) {
				pending = append(pending, constantText(n)...)
				continue
			}
		case *parse.IfNode:
			f.branch(&n.BranchNode, constantText)
		case *parse.WithNode:
			f.branch(&n.BranchNode, constantText)
		case *parse.RangeNode:
			f.branch(&n.BranchNode, constantText)
		}
		flush()
		nodes = append(nodes, n)
	}
	flush()
	list.Nodes = nodes
}

func (f *fixedParts) branch(n *parse.BranchNode, constantText func(parse.Node) string) {
	f.mark(n.List, constantText)
	f.mark(n.ElseList, constantText)
}

func (f *fixedParts) marker(text []byte) []byte {
	i, known := f.index[string(text)]
	if !known {
		i = len(f.parts)
		f.parts = append(f.parts, bytes.Clone(text))
		f.index[string(text)] = i
	}
	marker := strconv.AppendInt([]byte{0}, int64(i), 10)
	return append(marker, 0)
}

// Segment is a stretch of a rendered part: either a fixed part of the letter or what belongs to this client.
type Segment struct {
	Fixed    int    // index into Letter.Fixed, or -1
	Personal []byte // nil when Fixed is not -1
}

// maxPart is how long one rendered part may become, in bytes. Mail readers cut letters far below.
const maxPart = 512 << 10

var errTooLong = errors.New("the letter is longer than 512 KB")
