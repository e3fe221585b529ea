# Sourced by ./dev: installs the Debian packages that a command needs, without questions.

# packages_of GROUP... prints the packages of these groups of tools/packages.
packages_of() {
    local group
    for group in "$@"; do sed -n "s/^$group: *//p" tools/packages; done | tr ' ' '\n' | sort -u
}

# missing_of PACKAGE... prints those that are not installed.
missing_of() {
    local name
    for name in "$@"; do
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) == installed ]] || echo "$name"
    done
}

# as_root COMMAND... runs it with the rights that apt needs, never asking for a password.
as_root() {
    if ((EUID == 0)); then "$@"; else sudo -n "$@"; fi
}

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
        -o DPkg::Lock::Timeout=300 "$@" </dev/null >&2
}

# True when apt knows a version of each package: then its lists need no update first.
apt_knows() {
    local name
    for name in "$@"; do
        apt-cache policy "$name" 2>/dev/null | grep -q '^  Candidate: [0-9]' || return 1
    done
}

# need GROUP... does nothing, quickly, when everything is there.
need() {
    local missing
    if ! command -v dpkg-query >/dev/null; then
        say "no dpkg here: take care yourself that these are installed: $(packages_of "$@" | xargs)"
        return 0
    fi
    mapfile -t missing < <(missing_of $(packages_of "$@"))
    ((${#missing[@]})) || return 0
    say "installing ${#missing[@]} Debian packages: ${missing[*]}"
    if ((EUID != 0)) && ! sudo -n true 2>/dev/null; then
        die "cannot install: not root, and sudo is missing or asks for a password. Run this once:
    apt-get update && apt-get install --no-install-recommends ${missing[*]}"
    fi
    if ! apt_knows "${missing[@]}"; then
        say "updating the package lists"
        as_root apt-get update -q </dev/null >&2
    fi
    if ! apt_install "${missing[@]}"; then
        say "once more, with fresh package lists"
        as_root apt-get update -q </dev/null >&2
        apt_install "${missing[@]}" || die "apt-get could not install: ${missing[*]} (its message stands above)"
    fi
    # What was configured without them looks again.
    rm -f build/*/.configured
}
