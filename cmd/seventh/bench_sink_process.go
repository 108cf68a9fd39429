package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// sinkProcess is a running sink. One question is asked at a time.
type sinkProcess struct {
	url     string
	command *exec.Cmd
	stdin   io.WriteCloser
	stdout  *bufio.Reader
}

func startSink(c benchSinkCommand) (*sinkProcess, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program: %w", err)
	}
	s := &sinkProcess{command: exec.Command(self, c.args()...)}
	s.command.Stderr = os.Stderr
	if s.stdin, err = s.command.StdinPipe(); err != nil {
		return nil, fmt.Errorf("starting the sink: %w", err)
	}
	stdout, err := s.command.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("starting the sink: %w", err)
	}
	s.stdout = bufio.NewReader(stdout)
	if err := s.command.Start(); err != nil {
		return nil, fmt.Errorf("starting the sink: %w", err)
	}
	address, err := s.stdout.ReadString('\n')
	if err != nil {
		s.stop()
		return nil, fmt.Errorf("starting the sink: %w", err)
	}
	mode := "none"
	if c.TLS {
		mode = "opportunistic" // takes any certificate of this machine; the sink takes no letter without TLS
	}
	s.url = "smtp://" + strings.TrimSpace(address) + "?tls=" + mode
	return s, nil
}

func (c benchSinkCommand) args() []string {
	args := []string{"bench-sink", "--delay=" + c.Delay.String()}
	for flag, on := range map[string]bool{"--no-pipelining": c.NoPipelining, "--tls": c.TLS, "--verify": c.Verify} {
		if on {
			args = append(args, flag)
		}
	}
	return args
}

// ask sends a command and returns the line that answers it.
func (s *sinkProcess) ask(command string) (string, error) {
	_, err := fmt.Fprintln(s.stdin, command)
	if err != nil {
		return "", fmt.Errorf("asking the sink: %w", err)
	}
	line, err := s.stdout.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("asking the sink: %w", err)
	}
	return line, nil
}

func (s *sinkProcess) reset() error {
	_, err := s.ask("reset")
	return err
}

// await returns a channel that is closed when the sink has accepted n letters
// since the last reset. Nothing else may be asked before that.
func (s *sinkProcess) await(n int) <-chan struct{} {
	reached := make(chan struct{})
	go func() {
		if _, err := s.ask(fmt.Sprintf("await %d", n)); err == nil {
			close(reached)
		}
	}()
	return reached
}

func (s *sinkProcess) report() (r sinkReport, err error) {
	line, err := s.ask("report")
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal([]byte(line), &r); err != nil {
		return r, fmt.Errorf("reading the sink's report: %w", err)
	}
	return r, nil
}

func (s *sinkProcess) stop() {
	s.stdin.Close()
	s.command.Wait()
}
