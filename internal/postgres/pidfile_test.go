//go:build !windows

package postgres

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const readyPidFile = "4711\n/data\n1763787600\n43621\n\n127.0.0.1\n  8136412         3\nready   \n"

func TestReadingPidFile(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, content string
		want          postmaster
		wantErr       bool
	}{
		{name: "a server that runs", content: readyPidFile, want: postmaster{pid: 4711, port: 43621, status: "ready"}},
		{name: "a server that has just begun", content: "4711\n/data\n", want: postmaster{pid: 4711}},
		{name: "nothing written yet", content: "", wantErr: true},
		{name: "a single-user backend", content: "-4711\n/data\n", wantErr: true},
		{name: "garbage", content: "hello\n", wantErr: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := parsePostmaster(test.content)
			if (err != nil) != test.wantErr {
				t.Fatalf("error %v, wanted one: %v", err, test.wantErr)
			}
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(postmaster{})); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestDisarmingKeepsKeyOfSharedMemory(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	writeFiles(t, data, map[string]string{"postmaster.pid": readyPidFile})
	if err := disarmStalePID(data); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(fmt.Sprintf("%d%s", deadPID, readyPidFile[4:]), string(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestPostgresOfAnotherClusterIsNotOurs(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Dir: t.TempDir(), Throwaway: true})
	p, running, err := runningPostmaster(s.data())
	if !running || err != nil {
		t.Fatalf("running %v, error %v", running, err)
	}
	other := t.TempDir()
	writeFiles(t, other, map[string]string{"postmaster.pid": fmt.Sprintf("%d\n%s\n", p.pid, other)})
	if _, running, err := runningPostmaster(other); running || err != nil {
		t.Errorf("the server of another directory counts as ours: running %v, error %v", running, err)
	}
}

func FuzzPidFile(f *testing.F) {
	f.Add(readyPidFile)
	f.Add("4711\n")
	f.Add("-1\n\n\n\n\n\n\n\n")
	f.Fuzz(func(t *testing.T, content string) {
		p, err := parsePostmaster(content)
		if err == nil && p.pid <= 0 {
			t.Errorf("process id %d without an error", p.pid)
		}
	})
}
