package main

import (
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"seventh/internal/store"
)

// benchSettings are what a run was asked for, and on what.
type benchSettings struct {
	Letters     int     `json:"letters"`
	Connections int     `json:"connections"`
	Waiting     int     `json:"waiting"`
	History     int     `json:"history"`
	Rate        float64 `json:"rate"` // letters due a second; 0: all at once
	Workers     int     `json:"workers"`
	Runs        int     `json:"runs"`
	Warmup      int     `json:"warmup"`
	DelayMS     float64 `json:"delay_ms"`
	Pipelining  bool    `json:"pipelining"`
	TLS         bool    `json:"tls"`
	DKIM        string  `json:"dkim"`
	Server      string  `json:"smtp_server"`
	PostgreSQL  string  `json:"postgresql"`
	Go          string  `json:"go"`
	CPUs        int     `json:"cpus"`
}

func (b *bench) settings() benchSettings {
	s := benchSettings{
		Letters: b.Letters, Connections: b.Connections, Waiting: b.Waiting, History: b.History, Rate: b.Rate, Workers: b.Workers, Runs: b.Runs,
		Warmup: b.Warmup, DelayMS: milliseconds(b.Delay), Pipelining: !b.NoPipelining, TLS: b.TLS, DKIM: b.DKIM, Server: b.target.String(),
		PostgreSQL: b.server.Version(), Go: runtime.Version(), CPUs: runtime.NumCPU(),
	}
	if b.sink != nil {
		s.Server = "sink"
	}
	return s
}

// benchLatency is in milliseconds, from due to accepted. When all letters are due
// at once it says how long half of them, and 99 %, took altogether.
type benchLatency struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
}

// benchResult is what a run measured, or the medians of several.
type benchResult struct {
	LettersPerSecond float64            `json:"letters_per_second"`
	Seconds          float64            `json:"seconds"`           // from the first letter due to the last one settled
	CPU              map[string]float64 `json:"cpu_us_per_letter"` // by process, and total
	RSS              int64              `json:"rss_bytes"`         // peak of this process
	WorkersRSS       int64              `json:"workers_rss_bytes,omitempty"`
	PostgresRSS      int64              `json:"postgresql_rss_bytes"` // at the end
	Ceiling          float64            `json:"ceiling_letters_per_second"`
	CeilingCPU       map[string]float64 `json:"ceiling_cpu_us_per_letter,omitempty"` // of both ends of the wire
	Ratio            float64            `json:"ratio_to_ceiling"`
	Latency          benchLatency       `json:"latency_ms"`
	WAL              float64            `json:"wal_bytes_per_letter"`
	Database         float64            `json:"database_bytes_per_letter"`
	LetterBytes      int                `json:"letter_bytes"` // on the wire
	Split            map[string]int64   `json:"split,omitempty"`
	ExactlyOnce      bool               `json:"exactly_once,omitempty"` // looked at, with --verify
	Rates            []float64          `json:"rates"`                  // of each run
	Load             float64            `json:"load_average_before"`
	Settings         benchSettings      `json:"settings"`

	ceilings []ceiling
}

// addCeiling takes one measurement of the ceiling in: the mean of all counts.
func (r *benchResult) addCeiling(c ceiling) {
	if c.rate == 0 {
		return
	}
	r.ceilings = append(r.ceilings, c)
	r.Ceiling, r.CeilingCPU = 0, make(map[string]float64)
	for _, c := range r.ceilings {
		r.Ceiling += c.rate / float64(len(r.ceilings))
		for name, cpu := range c.cpu {
			r.CeilingCPU[name] += cpu / float64(len(r.ceilings))
		}
	}
	r.Ratio = r.LettersPerSecond / r.Ceiling
}

// count turns totals into figures for one letter.
func (r *benchResult) count(letters float64, spent map[string]time.Duration, before, after store.Volume) {
	r.LettersPerSecond = letters / r.Seconds
	r.Rates = []float64{r.LettersPerSecond}
	r.CPU = map[string]float64{"total": 0}
	for name, cpu := range spent {
		r.CPU[name] = microseconds(cpu) / letters
		r.CPU["total"] += r.CPU[name]
	}
	r.WAL = float64(after.WAL-before.WAL) / letters
	r.Database = float64(after.Size-before.Size) / letters
}

// medians of each figure; the rest is that of the last run.
func medians(runs []benchResult) benchResult {
	all := runs[len(runs)-1]
	of := func(figure func(r benchResult) float64) float64 {
		values := make([]float64, len(runs))
		for i, r := range runs {
			values[i] = figure(r)
		}
		slices.Sort(values)
		return (values[(len(values)-1)/2] + values[len(values)/2]) / 2
	}
	all.LettersPerSecond = of(func(r benchResult) float64 { return r.LettersPerSecond })
	all.Seconds = of(func(r benchResult) float64 { return r.Seconds })
	all.RSS = int64(of(func(r benchResult) float64 { return float64(r.RSS) }))
	all.WorkersRSS = int64(of(func(r benchResult) float64 { return float64(r.WorkersRSS) }))
	all.PostgresRSS = int64(of(func(r benchResult) float64 { return float64(r.PostgresRSS) }))
	all.Ceiling = of(func(r benchResult) float64 { return r.Ceiling })
	all.Ratio = of(func(r benchResult) float64 { return r.Ratio })
	all.Latency.P50 = of(func(r benchResult) float64 { return r.Latency.P50 })
	all.Latency.P99 = of(func(r benchResult) float64 { return r.Latency.P99 })
	all.WAL = of(func(r benchResult) float64 { return r.WAL })
	all.Database = of(func(r benchResult) float64 { return r.Database })
	all.CPU, all.CeilingCPU = make(map[string]float64), make(map[string]float64)
	for name := range runs[0].CPU {
		all.CPU[name] = of(func(r benchResult) float64 { return r.CPU[name] })
	}
	for name := range runs[0].CeilingCPU {
		all.CeilingCPU[name] = of(func(r benchResult) float64 { return r.CeilingCPU[name] })
	}
	all.Rates = nil
	for _, r := range runs {
		all.Rates = append(all.Rates, r.LettersPerSecond)
	}
	return all
}

// print writes the table for people.
func (r benchResult) print(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	s := r.Settings
	line := func(name, format string, args ...any) {
		fmt.Fprintf(table, "%s\t%s\n", name, fmt.Sprintf(format, args...))
	}
	line("letters", "%d of %d bytes, %d connections, %s", s.Letters, r.LetterBytes, s.Connections, s.server())
	line("base", "%d enrollments waiting, %d earlier letters", s.Waiting, s.History)
	line("rate", "%.0f letters/s, from the first one due to the last one settled (%.2f s)", r.LettersPerSecond, r.Seconds)
	if len(r.Rates) > 1 {
		line("", "median of %d runs: %s", len(r.Rates), strings.Trim(fmt.Sprintf("%.0f", r.Rates), "[]"))
	}
	for _, name := range []string{"seventh", "workers", "postgresql", "sink", "total"} {
		if spent, ok := r.CPU[name]; ok {
			line("cpu "+name, "%.1f µs a letter", spent)
		}
	}
	line("memory", "%s at the peak of seventh, %s PostgreSQL", megabytes(r.RSS), megabytes(r.PostgresRSS))
	if r.WorkersRSS > 0 {
		line("", "%s at the peak of the largest extra worker", megabytes(r.WorkersRSS))
	}
	line("database", "%.0f bytes of WAL and %.0f of tables a letter", r.WAL, r.Database)
	if s.Rate > 0 {
		line("latency", "%.0f ms from due to accepted for half of the letters, %.0f ms for 99 %%", r.Latency.P50, r.Latency.P99)
	} else {
		line("drained", "half of the letters %.0f ms after all became due, 99 %% after %.0f ms (--rate measures latency)", r.Latency.P50, r.Latency.P99)
	}
	if r.Ceiling > 0 {
		line("ceiling", "%.0f letters/s down the same connections, written before and without any books", r.Ceiling)
		line("", "at %.1f µs a letter of seventh, %.1f of the sink", r.CeilingCPU["seventh"], r.CeilingCPU["sink"])
		line("ratio", "%.2f of the ceiling", r.Ratio)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Split)) {
		if len(r.Split) > 1 {
			line("split", "%s sent %d", name, r.Split[name])
		}
	}
	if r.ExactlyOnce {
		line("verified", "every letter arrived exactly once")
	}
	return table.Flush()
}

func (s benchSettings) server() string {
	words := []string{s.Server}
	if !s.Pipelining {
		words = append(words, "no PIPELINING")
	}
	if s.TLS {
		words = append(words, "TLS")
	}
	if s.DelayMS > 0 {
		words = append(words, fmt.Sprintf("%g ms a letter", s.DelayMS))
	}
	if s.DKIM != "" {
		words = append(words, "DKIM "+s.DKIM)
	}
	return strings.Join(words, ", ")
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func microseconds(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }

func megabytes(n int64) string { return fmt.Sprintf("%d MB", n>>20) }
