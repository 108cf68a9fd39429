//go:build !windows

package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is as whom the programs of PostgreSQL run, which refuse to run as root.
type account struct {
	attr *syscall.SysProcAttr

	// owner is whose files below Dir must be; nil if whoever made them is right.
	owner *syscall.Credential
}

// chooseAccount finds an account that can run the programs in dir. Anybody but root is one already. For root, a user
// namespace that shows root to PostgreSQL as an ordinary account is best: files stay root's and private directories
// above dir do no harm. Containers often forbid it; then the programs run as that account, and it owns the files.
func chooseAccount(ctx context.Context, p programs, dir string) (account, error) {
	if os.Geteuid() != 0 {
		return account{attr: &syscall.SysProcAttr{Setpgid: true}}, nil
	}
	id, err := unprivileged()
	if err != nil {
		return account{}, err
	}
	if attr := namespaceAttr(id); attr != nil {
		a := account{attr: attr, owner: &syscall.Credential{Uid: 0, Gid: 0}}
		if a.canRun(ctx, p, "/") == nil {
			return a, nil
		}
	}
	a := account{attr: &syscall.SysProcAttr{Setpgid: true, Credential: id}, owner: id}
	if err := a.own(dir); err != nil {
		return account{}, err
	}
	if err := a.canRun(ctx, p, dir); err != nil {
		return account{}, fmt.Errorf("running PostgreSQL as root is not allowed, and uid %d cannot run it in %s "+
			"(choose a directory that it can reach, for example with SEVENTH_DATA): %w", id.Uid, dir, err)
	}
	return a, nil
}

// unprivileged is the account that stands in for root. It must have an entry in /etc/passwd: initdb looks for it.
func unprivileged() (*syscall.Credential, error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return nil, fmt.Errorf("looking up the account %s: %w", name, err)
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL does not run as root and there is no account postgres or nobody to run it: create one")
}

func (a account) canRun(ctx context.Context, p programs, dir string) error {
	cmd := exec.CommandContext(ctx, p.command("initdb"), "--version")
	cmd.Dir = dir
	a.apply(cmd)
	return cmd.Run()
}

// apply makes cmd run as the account, in a process group of its own: Ctrl-C is for us to handle.
func (a account) apply(cmd *exec.Cmd) { cmd.SysProcAttr = a.attr }

// own gives the files below dir to the account. It also mends a directory that was used in the other mode before.
func (a account) own(dir string) error {
	if a.owner == nil {
		return nil
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil {
			err = a.ownOne(path, d)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a running server removes files all the time
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("giving %s to uid %d: %w", dir, a.owner.Uid, err)
	}
	return nil
}

func (a account) ownOne(path string, d fs.DirEntry) error {
	info, err := d.Info()
	if err != nil {
		return err
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok && st.Uid == a.owner.Uid && st.Gid == a.owner.Gid {
		return nil
	}
	return os.Lchown(path, int(a.owner.Uid), int(a.owner.Gid))
}
