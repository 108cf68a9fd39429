package main

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"seventh/internal/store"
)

func TestFiguresAreForOneLetter(t *testing.T) {
	t.Parallel()
	r := benchResult{Seconds: 4}
	r.addCeiling(ceiling{rate: 1000, cpu: map[string]float64{"sink": 10}})
	spent := map[string]time.Duration{"seventh": 30 * time.Millisecond, "sink": 10 * time.Millisecond}
	r.count(200, spent, store.Volume{WAL: 1000, Size: 10_000}, store.Volume{WAL: 3000, Size: 14_000})
	r.addCeiling(ceiling{rate: 3000, cpu: map[string]float64{"sink": 20}})
	if r.LettersPerSecond != 50 || r.CPU["seventh"] != 150 || r.CPU["sink"] != 50 || r.CPU["total"] != 200 || r.WAL != 10 || r.Database != 20 {
		t.Errorf("the figures are %+v", r)
	}
	if r.Ceiling != 2000 || r.Ratio != 0.025 || r.CeilingCPU["sink"] != 15 {
		t.Errorf("the ceiling is %v at %v and the ratio %v, want the mean of both: 2000 at 15 and 0.025", r.Ceiling, r.CeilingCPU, r.Ratio)
	}
}

func TestMediansAreOfEachFigure(t *testing.T) {
	t.Parallel()
	run := func(rate, cpu, ratio float64, rss int64) benchResult {
		return benchResult{LettersPerSecond: rate, CPU: map[string]float64{"total": cpu}, Ratio: ratio, RSS: rss}
	}
	got := medians([]benchResult{run(300, 9, 0.3, 10), run(100, 7, 0.9, 30), run(200, 8, 0.1, 20)})
	if got.LettersPerSecond != 200 || got.CPU["total"] != 8 || got.Ratio != 0.3 || got.RSS != 20 {
		t.Errorf("the medians of three runs are %+v", got)
	}
	if len(got.Rates) != 3 || got.Rates[0] != 300 || got.Rates[2] != 200 {
		t.Errorf("the rates are %v, want those of each run in their order", got.Rates)
	}
	if got := medians([]benchResult{run(100, 1, 1, 1), run(300, 3, 3, 3)}); got.LettersPerSecond != 200 {
		t.Errorf("the median of 100 and 300 is %v, want their middle", got.LettersPerSecond)
	}
}

func TestBenchKeyIsNamedInTheSettings(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"ed25519", "rsa"} {
		dir := t.TempDir()
		if err := writeBenchContent(filepath.Join(dir, "content")); err != nil {
			t.Fatal(err)
		}
		if err := writeBenchKey(filepath.Join(dir, "content"), kind); err != nil {
			t.Fatal(err)
		}
		settings, err := os.ReadFile(filepath.Join(dir, "content", "seventh.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "content", "dkim.pem")
		if !strings.Contains(string(settings), "dkim:\n  example.com: [ { selector: bench, key: \"file:"+path+"\" } ]\n") {
			t.Errorf("the settings do not name the key %s:\n%s", path, settings)
		}
		key, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		block, _ := pem.Decode(key)
		if block == nil {
			t.Fatalf("the key is no PEM:\n%s", key)
		}
		if _, err := x509.ParsePKCS8PrivateKey(block.Bytes); err != nil {
			t.Error(err)
		}
	}
}
