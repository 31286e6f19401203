#!/bin/sh
# Makes the database on the first start, then becomes the server. Arguments go to the server.
#
# POSTGRES_USER            owner of the database (default: postgres, the superuser)
# POSTGRES_DB              its name (default: that of the owner)
# POSTGRES_PASSWORD_FILE   file with the owner's password, or
# POSTGRES_PASSWORD        the password itself
#
# Ends with 64 when it is told something impossible, else with what the server ends with.
set -eu

programs=/usr/lib/postgresql/15/bin
owner=${POSTGRES_USER:-postgres}
database=${POSTGRES_DB:-$owner}
draft=$PGDATA.new

refuse() {
    echo "entrypoint: $1" >&2
    exit 64
}

# Lines of mountinfo have the mount point as their fifth field. A volume right at $PGDATA cannot
# be made whole by a rename, and a base image may declare one that is lost with the container.
refuse_mount() {
    while read -r _ _ _ _ point _; do
        [ "$point" != "$PGDATA" ] || refuse "PGDATA $PGDATA is itself a volume: name a folder in it"
    done </proc/self/mountinfo
}

refuse_odd_name() {
    case $2 in
        '' | [!a-z_]* | *[!a-z0-9_]*) refuse "$1 must be a name of a-z, 0-9 and _, not '$2'" ;;
    esac
}

read_password() {
    password=${POSTGRES_PASSWORD:-}
    if [ -n "${POSTGRES_PASSWORD_FILE:-}" ]; then
        [ -r "$POSTGRES_PASSWORD_FILE" ] || refuse "$POSTGRES_PASSWORD_FILE cannot be read"
        password=
        IFS= read -r password <"$POSTGRES_PASSWORD_FILE" || [ -n "$password" ] || :
    fi
    [ -n "$password" ] || refuse "neither POSTGRES_PASSWORD_FILE nor POSTGRES_PASSWORD is given"
    case $password in
        *'$phaseline$'* | *'
'*) refuse "the password holds what it must not: a line break or \$phaseline\$" ;;
    esac
}

statements() {
    if [ "$owner" = postgres ]; then
        printf 'ALTER ROLE postgres PASSWORD $phaseline$%s$phaseline$;\n' "$password"
    else
        printf 'CREATE ROLE "%s" LOGIN PASSWORD $phaseline$%s$phaseline$;\n' "$owner" "$password"
    fi
    [ "$database" = postgres ] || printf 'CREATE DATABASE "%s" OWNER "%s";\n' "$database" "$owner"
}

# One statement a line, to a server of one process that listens nowhere. Nothing is logged, for
# a statement holds the password.
make_owner() {
    statements | "$programs/postgres" --single -D "$draft" \
        -c log_min_messages=panic -c log_min_error_statement=panic -c exit_on_error=on \
        postgres >/dev/null
}

# Killed at any line, this leaves $draft, which the next start removes, and no $PGDATA.
make_database() {
    refuse_odd_name POSTGRES_USER "$owner"
    refuse_odd_name POSTGRES_DB "$database"
    read_password
    rm -rf "$draft"
    mkdir -p "${PGDATA%/*}"
    "$programs/initdb" --pgdata="$draft" --username=postgres --encoding=UTF8 --locale=C.UTF-8 \
        --auth-local=peer --auth-host=scram-sha-256
    echo 'host all all all scram-sha-256' >>"$draft/pg_hba.conf"
    make_owner
    mv "$draft" "$PGDATA"
    unset password
}

refuse_mount
[ -e "$PGDATA/PG_VERSION" ] || make_database
unset POSTGRES_PASSWORD
exec "$programs/postgres" -D "$PGDATA" -c listen_addresses='*' \
    -c unix_socket_directories=/var/run/postgresql "$@"
