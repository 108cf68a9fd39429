package main

import (
	"embed"
	"encoding/csv"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"seventh/internal/engine"
	"seventh/internal/sandbox"
	"seventh/internal/store"
)

//go:embed demo
var demoFiles embed.FS

// loadDemo loads reps and clients, and sets the clock to a working day at 10:00,
// unless there are clients already.
func loadDemo(p *process, m *machine) error {
	count, err := store.CountClients(p, m.db.Pool)
	if err != nil || count > 0 {
		return err
	}
	catalog, err := m.worker.Engine().Catalog(p, m.db.Pool)
	if err != nil {
		return err
	}
	now, err := store.Now(p, m.db.Pool)
	if err != nil {
		return err
	}
	clock := &sandbox.Clock{DB: m.db.Pool, Log: m.log}
	if err := clock.Start(p, sandbox.NextWorkingMorning(now, catalog.Zone)); err != nil {
		return err
	}
	if now, err = store.Now(p, m.db.Pool); err != nil {
		return err
	}
	if err := loadReps(p, m); err != nil {
		return err
	}
	rows, err := demoRows("clients.csv")
	if err != nil {
		return err
	}
	patches := make([]engine.ClientPatch, len(rows))
	for i, row := range rows {
		if patches[i], err = demoClient(row, now); err != nil {
			return fmt.Errorf("client %s: %w", row["external_id"], err)
		}
	}
	results, err := m.worker.Engine().UpsertClients(p, patches)
	for _, r := range results {
		if r.Err != nil {
			err = errors.Join(err, fmt.Errorf("client %s: %w", r.ExternalID, r.Err))
		}
	}
	return err
}

func loadReps(p *process, m *machine) error {
	rows, err := demoRows("reps.csv")
	if err != nil {
		return err
	}
	for _, row := range rows {
		_, err := store.SaveUser(p, m.db.Pool, store.User{
			Email: row["email"], Name: row["name"], Role: "rep", Phone: row["phone"], Position: row["position"],
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// demoRows reads a CSV file as maps from column to value.
func demoRows(name string) ([]map[string]string, error) {
	file, err := demoFiles.Open("demo/" + name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	lines, err := csv.NewReader(file).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	rows := make([]map[string]string, 0, len(lines))
	for _, line := range lines[1:] {
		row := make(map[string]string, len(line))
		for i, value := range line {
			row[lines[0][i]] = value
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func demoClient(row map[string]string, now time.Time) (engine.ClientPatch, error) {
	text := func(column string) *string { value := row[column]; return &value }
	patch := engine.ClientPatch{
		ExternalID: row["external_id"], Email: text("email"), FirstName: text("first_name"), LastName: text("last_name"), Company: text("company"),
		Category: text("category"), Temperature: text("temperature"), Stage: text("stage"), Owner: text("owner"), Locale: text("locale"),
		TimeZone: text("time_zone"), Attributes: map[string]any{}, Products: []string{},
	}
	for _, name := range []string{"industry", "compressor", "city"} {
		if row[name] != "" {
			patch.Attributes[name] = row[name]
		}
	}
	if row["power_kw"] != "" {
		power, err := strconv.ParseFloat(row["power_kw"], 64)
		if err != nil {
			return patch, fmt.Errorf("power_kw: %w", err)
		}
		patch.Attributes["power_kw"] = power
	}
	if row["products"] != "" {
		patch.Products = strings.Split(row["products"], "|")
	}
	if row["last_purchase_days_ago"] != "" {
		days, err := strconv.Atoi(row["last_purchase_days_ago"])
		if err != nil {
			return patch, fmt.Errorf("last_purchase_days_ago: %w", err)
		}
		at := now.AddDate(0, 0, -days).Truncate(time.Hour)
		patch.LastPurchaseAt = &at
	}
	if row["consent_basis"] != "" {
		at := now.AddDate(0, -14, 0).Truncate(time.Hour)
		patch.Consent = &engine.Consent{Basis: row["consent_basis"], Source: "demo base", At: &at, TextVersion: "2025-01"}
	}
	return patch, nil
}
