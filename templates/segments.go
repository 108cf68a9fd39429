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

// segmentWriter turns what a marked template writes into segments.
type segmentWriter struct {
	fixed    [][]byte
	segments []Segment
	buffer   []byte // personal bytes; segments point into it, also after it has moved
	start    int    // where the last personal segment begins in it
	size     int
}

func (w *segmentWriter) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if p[0] == 0 {
		i, err := strconv.Atoi(string(p[1 : len(p)-1]))
		if err != nil || i >= len(w.fixed) {
			return 0, errors.New("a value holds a marker of fixed parts")
		}
		w.segments = append(w.segments, Segment{Fixed: i})
		return len(p), w.grow(len(w.fixed[i]))
	}
	last := len(w.segments) - 1
	if last < 0 || w.segments[last].Fixed >= 0 {
		w.segments = append(w.segments, Segment{Fixed: -1})
		w.start = len(w.buffer)
		last++
	}
	w.buffer = append(w.buffer, p...)
	w.segments[last].Personal = w.buffer[w.start:len(w.buffer):len(w.buffer)]
	return len(p), w.grow(len(p))
}

func (w *segmentWriter) grow(n int) error {
	w.size += n
	if w.size > maxPart {
		return errTooLong
	}
	return nil
}
