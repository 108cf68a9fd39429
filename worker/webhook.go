package worker

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/riverqueue/river"

	"seventh/internal/content"
	"seventh/internal/engine"
	"seventh/internal/store"
)

const (
	tellingsAtOnce = 20               // posts under way in one process
	tellPatience   = 10 * time.Second // for one whole exchange
	answerLimit    = 4 << 10          // bytes of an answer that are read
	answerKept     = 500              // and that people see
)

// webhookWorker posts what webhook steps tell (https://www.standardwebhooks.com).
// Addresses come from the settings that marketers publish, who are trusted with
// them as they are with mail servers; redirects to elsewhere are not followed.
type webhookWorker struct {
	river.WorkerDefaults[engine.TellArgs]
	worker *Worker
	client *http.Client
}

func newWebhookWorker(w *Worker, patience time.Duration) *webhookWorker {
	if patience <= 0 {
		patience = tellPatience
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableCompression = true // what is read is what was sent
	transport.MaxResponseHeaderBytes = 64 << 10
	return &webhookWorker{worker: w, client: &http.Client{
		Timeout: patience, Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// NextRetry is when River gives a failed job to a worker again.
func (t *webhookWorker) NextRetry(job *river.Job[engine.TellArgs]) time.Time {
	return time.Now().Add(engine.TellAgain(job.Attempt))
}

// Timeout bounds a job, the database included. River leaves jobs without one for ever
// to a process that is dead.
func (t *webhookWorker) Timeout(*river.Job[engine.TellArgs]) time.Duration {
	return t.client.Timeout + time.Minute
}

// Work posts one delivery and writes what came of it. A process that dies in between
// leaves it waiting: it is posted again, under the same id.
func (t *webhookWorker) Work(ctx context.Context, job *river.Job[engine.TellArgs]) error {
	db := t.worker.options.Pool
	if t.worker.session.id.Load() == 0 {
		return river.JobSnooze(time.Second) // a restored backup must not tell anybody anything
	}
	d, err := store.WebhookDeliveryByID(ctx, db, job.Args.DeliveryID)
	if errors.Is(err, store.ErrNotFound) {
		return nil // the client was erased
	}
	if err != nil || d.State != store.WebhookWaiting {
		return err
	}
	failure := t.tell(ctx, &d)
	if failure != nil {
		d.Response = kept(failure.Error())
		if job.Attempt >= job.MaxAttempts {
			d.State = store.WebhookFailed
		}
	}
	now, err := store.Now(ctx, db)
	if err != nil {
		return err
	}
	d.TriedAt = &now
	if err := store.SettleWebhook(ctx, db, d); err != nil {
		return err
	}
	if failure != nil {
		return fmt.Errorf("telling %s: %w", d.Webhook, failure)
	}
	return nil
}

// tell makes one attempt and writes its outcome into d; an error is worth another.
func (t *webhookWorker) tell(ctx context.Context, d *store.WebhookDelivery) error {
	request, err := t.request(ctx, d)
	if err != nil {
		d.Status = 0
		return err
	}
	if t.worker.options.OneServer && !isLoopback(request.URL.Hostname()) {
		d.State, d.Status, d.Response = store.WebhookCaptured, 0, "the sandbox tells nobody but this machine"
		return nil
	}
	response, err := t.client.Do(request)
	if err != nil {
		d.Status = 0
		return withoutAddress(err)
	}
	defer response.Body.Close()
	// An answer that breaks off is an answer all the same: its status counts.
	answer, _ := io.ReadAll(io.LimitReader(response.Body, answerLimit))
	d.Status, d.Response = response.StatusCode, kept(string(answer))
	switch {
	case response.StatusCode >= 200 && response.StatusCode < 300:
		d.State = store.WebhookDelivered
	case response.StatusCode == http.StatusGone:
		d.State = store.WebhookGone
	case response.StatusCode >= 300 && response.StatusCode < 400:
		return errors.New(response.Status + ": redirects are not followed; write the address that it leads to into seventh.yaml")
	default:
		return errors.New(strings.TrimSpace(response.Status + ": " + d.Response))
	}
	return nil
}

// request is the signed post of a delivery, by the settings in force.
func (t *webhookWorker) request(ctx context.Context, d *store.WebhookDelivery) (*http.Request, error) {
	catalog, err := t.worker.engine.Catalog(ctx, t.worker.options.Pool)
	if err != nil {
		return nil, err
	}
	setting, known := catalog.Settings.Webhooks[d.Webhook]
	if !known {
		return nil, fmt.Errorf("there is no webhook %s in the published seventh.yaml: add it and publish", d.Webhook)
	}
	address, err := content.Resolve(setting.URL)
	if err != nil {
		return nil, err
	}
	secret, err := content.Resolve(string(setting.Secret))
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(d.Body))
	if err != nil || request.URL.Host == "" || request.URL.Scheme != "https" && request.URL.Scheme != "http" {
		return nil, fmt.Errorf("the url of the webhook %s is no address to post to", d.Webhook) // it may hold a password
	}
	at := strconv.FormatInt(time.Now().Unix(), 10)
	h := request.Header
	h.Set("Content-Type", "application/json")
	h.Set("User-Agent", "seventh")
	h.Set("webhook-id", d.EventID)
	h.Set("webhook-timestamp", at)
	if secret == "" {
		return request, nil
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || len(key) == 0 {
		return nil, fmt.Errorf("the secret of the webhook %s is none: it is whsec_ and then base64", d.Webhook)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(d.EventID + "." + at + "." + d.Body))
	h.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return request, nil
}

// withoutAddress is an error of the HTTP client without the URL, which may hold a
// password.
func withoutAddress(err error) error {
	var failed *url.Error
	if !errors.As(err, &failed) {
		return err
	}
	if failed.Timeout() {
		return errors.New("no answer in time")
	}
	return failed.Err
}

// kept is what people see of an answer: its beginning, as text that can be stored.
func kept(answer string) string {
	answer = strings.ReplaceAll(strings.ToValidUTF8(answer, ""), "\x00", "")
	if len(answer) > answerKept {
		answer = strings.ToValidUTF8(answer[:answerKept], "") + "…"
	}
	return strings.TrimSpace(answer)
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
