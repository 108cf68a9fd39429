package main

import "errors"

type workCommand struct{}

// Run plans and delivers until the process is told to stop.
func (workCommand) Run(p *process, s *Settings) (err error) {
	log, err := s.logger(p)
	if err != nil {
		return err
	}
	m, err := newMachine(p, s, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.close()) }()
	if err := m.publish(p); err != nil {
		return err
	}
	log.Info("working")
	return m.worker.Run(p)
}
