package imaptest

import (
	"fmt"
	"os/user"
	"strconv"
)

// configuration is Dovecot's, for version 2.3: all in one folder, with no rights but
// those of whoever runs the test.
func (s *Server) configuration() string {
	name, group := "nobody", "nogroup"
	if u, err := user.LookupId(strconv.Itoa(s.uid)); err == nil {
		name = u.Username
		if g, err := user.LookupGroupId(u.Gid); err == nil {
			group = g.Name
		}
	}
	return fmt.Sprintf(`
base_dir = %[1]s/run
state_dir = %[1]s/state
log_path = %[1]s/log
protocols = imap
listen = 127.0.0.1
default_internal_user = %[2]s
default_internal_group = %[3]s
default_login_user = %[2]s
first_valid_uid = 1
first_valid_gid = 1
ssl = required
ssl_cert = <%[1]s/certificate.pem
ssl_key = <%[1]s/key.pem
auth_failure_delay = 0 secs
auth_mechanisms = plain
maildir_very_dirty_syncs = no
mailbox_idle_check_interval = 1 secs
mail_location = maildir:~/Maildir
passdb {
  driver = passwd-file
  args = scheme=plain username_format=%%u %[1]s/password
}
userdb {
  driver = static
  args = uid=%[4]d gid=%[3]s home=%[1]s/mail/%%u
}
service imap-login {
  chroot =
  inet_listener imap {
    port = %[5]d
  }
  inet_listener imaps {
    port = %[6]d
  }
}
service anvil {
  chroot =
}
namespace inbox {
  inbox = yes
  separator = /
  mailbox Entwürfe {
    auto = create
    special_use = \Drafts
  }
  mailbox Sent {
    auto = create
    special_use = \Sent
  }
}
`, s.dir, name, group, s.uid, s.port, s.tlsPort)
}
