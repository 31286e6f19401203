"""The Debian packages below the suite's images. Upstream's are Alpine, busybox, nginx and perl."""

from __future__ import annotations

from phaseline.core.settings import Base

_UNUSED = f"none/none@sha256:{'0' * 64}"  # they are never pulled
_NO_EXTRAS = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")
_SHELL = ("base-files", "bash", "coreutils", "dash", "grep", "hostname", "sed", "findutils", "mawk")

# What tests call inside it: sh, curl, dig, nc, ip, iperf.
AGNHOST = Base(
    upstream=_UNUSED,
    packages=(
        *_SHELL, "bind9-dnsutils", "ca-certificates", "curl", "iperf", "iproute2", "iputils-ping",
        "mount", "netcat-openbsd", "procps", "util-linux",
    ),
    users=(
        "user-defined-in-image:x:1000:1000::/home/user-defined-in-image:/bin/sh",
        "group-defined-in-image:x:50000:50000::/:/usr/sbin/nologin",
    ),
    keep_out=_NO_EXTRAS,
    folders={"/uploads": "1777"},
    links={"/usr/bin/nc": "nc.openbsd", "/usr/bin/awk": "mawk"},
)  # fmt: skip

_APPLETS = """
[ ash awk base64 basename cat chgrp chmod chown chroot cmp cp cut date dd df diff dirname dmesg du
echo egrep env expr false fgrep find free fsync getopt grep gunzip gzip head hostname httpd id
ifconfig install ip kill killall less ln logger ls md5sum mkdir mkfifo mknod mktemp more mount mv nc
netstat nice nohup nproc nslookup od paste pgrep pidof ping pkill printenv printf ps pwd readlink
realpath reset rm rmdir route sed seq setsid sh sha1sum sha256sum sleep sort split stat stty sync
sysctl tail tar tee telnet test time timeout top touch tr traceroute true truncate tty umount uname
uniq unlink uptime usleep vi watch wc wget which whoami xargs yes zcat
"""

BUSYBOX = Base(
    upstream=_UNUSED,
    packages=("base-files", "busybox", "netbase"),
    keep_out=_NO_EXTRAS,
    links={f"/bin/{name}": "busybox" for name in _APPLETS.split()},
)

NGINX = Base(
    upstream=_UNUSED,
    packages=(*_SHELL, "nginx-light", "curl"),
    users=("www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin",),
    keep_out=_NO_EXTRAS,
    folders={"/var/log/nginx": "0755", "/var/lib/nginx": "0755"},
    links={"/etc/nginx/sites-enabled/default": "/etc/nginx/sites-available/default"},
)

PERL = Base(upstream=_UNUSED, packages=(*_SHELL, "perl"), keep_out=_NO_EXTRAS)
