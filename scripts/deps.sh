#!/usr/bin/env bash
# Installs what the tests need beyond Go: on Debian, as root, by itself;
# elsewhere it says what is missing. It does nothing when all is there.
set -euo pipefail

cc=$(go env CC)

# One line each: a command, or a pattern of paths of which one must exist; the
# Debian packages that bring it; what for.
needs=(
	"${cc%% *}|gcc libc6-dev|the race detector"
	"git|git|the release check"
	"/usr/lib/postgresql/*/bin/postgres|postgresql|the tests with PostgreSQL"
	"memcached|memcached|the tests with memcached"
	"etcd|etcd-server|the tests with etcd"
	"/usr/sbin/mariadbd|mariadb-server|the tests with MariaDB"
	"redis-server|redis-server|the tests with Redis"
	"valkey-server|valkey-server|the tests with Valkey"
	"nutcracker|nutcracker|ketama as twemproxy has it"
	"chromium|chromium|the tests with a browser"
)
if [ "$(uname)" = Linux ] && [ "$(id -u)" -eq 0 ]; then # who else cannot mount them
	needs+=(
		"/*sbin/mkfs.ext4|e2fsprogs|power cuts on ext4"
		"/*sbin/mkfs.xfs|xfsprogs|power cuts on XFS"
	)
fi

have() { command -v "$1" >/dev/null 2>&1 || compgen -G "$1" >/dev/null; }

packages=()
for need in "${needs[@]}"; do
	IFS='|' read -r what debian why <<<"$need"
	have "$what" && continue
	echo "deps: $what is missing, for $why (Debian: $debian)" >&2
	read -ra more <<<"$debian"
	packages+=("${more[@]}")
done
[ ${#packages[@]} -gt 0 ] || exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
	echo "deps: please install these; on Debian: sudo apt-get install ${packages[*]}" >&2
	exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt=(apt-get -qq)
# Debian 12 has Valkey among its backports, which are asked this once.
. /etc/os-release
if [ "${ID:-} ${VERSION_CODENAME:-}" = "debian bookworm" ] && [[ " ${packages[*]} " == *" valkey-server "* ]]; then
	list=$(mktemp)
	trap 'rm -f "$list"' EXIT
	chmod 644 "$list"
	cat /etc/apt/sources.list >"$list" 2>/dev/null || true
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm-backports main" >>"$list"
	apt+=(-o "Dir::Etc::SourceList=$list")
fi
"${apt[@]}" update
"${apt[@]}" install --yes --no-install-recommends "${packages[@]}" >/dev/null
