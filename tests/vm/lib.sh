# shellcheck shell=bash
# Packages of any Debian suite and architecture, downloaded and unpacked but never installed. To be sourced.

say() { printf '%s\n' "$*" >&2; }
die() {
  say "vm: $*"
  exit 1
}

cache=${TCPTRAIL_VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tcptrail-vm}
days_fresh=7 # how long a package list serves before it is fetched again

# Where this machine gets Debian from, by its own apt configuration: main archive and security.
debian_uri() { # LABEL
  # shellcheck disable=SC2016 # apt's own variables
  apt-get indextargets 'Created-By: Packages' --format '$(LABEL) $(REPO_URI)' | sed -n "s/^$1 //p" | head -n 1
}

# Runs an apt tool on one suite alone, with lists of its own.
suite_apt() { # SUITE ARCHITECTURE TOOL ARGUMENTS…
  local suite=$1 architecture=$2 tool=$3 home
  shift 3
  home=$cache/apt/$suite-$architecture
  "$tool" -qq -o APT::Architecture="$architecture" -o APT::Architectures="$architecture" \
    -o Dir::Etc::sourcelist="$home/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State::Lists="$home/lists" -o Dir::State::status=/dev/null -o Dir::Cache="$home/cache" \
    -o Acquire::Languages=none -o APT::Sandbox::User=root -o Acquire::Retries=2 "$@"
}

# Makes sure that there are lists for the suite. Old ones serve where new ones cannot be had.
suite_update() { # SUITE ARCHITECTURE
  local home=$cache/apt/$1-$2 main security
  [[ -z $(find "$home/updated" -mtime "-$days_fresh" 2>/dev/null) ]] || return 0
  main=$(debian_uri Debian) security=$(debian_uri Debian-Security)
  [[ -n $main ]] || die "apt knows no Debian archive on this machine"
  mkdir -p "$home/lists/partial" "$home/cache/archives/partial"
  printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$main" "$1" \
    >"$home/sources.list"
  [[ $1 == *-backports || -z $security ]] ||
    printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s-security main\n' \
      "$security" "$1" >>"$home/sources.list"
  # The security archive drops old suites; the main one alone serves then.
  if suite_apt "$1" "$2" apt-get update >"$home/log" 2>&1 ||
    { sed -i 1q "$home/sources.list" && suite_apt "$1" "$2" apt-get update >"$home/log" 2>&1; }; then
    touch "$home/updated"
  elif [[ -z $(find "$home/lists" -name '*_Packages*' -print -quit) ]]; then
    cat "$home/log" >&2
    return 1
  fi
}

# Unpacks packages into a folder.
unpack() { # SUITE ARCHITECTURE FOLDER PACKAGE…
  local suite=$1 architecture=$2 folder=$3 name file
  shift 3
  mkdir -p "$folder"
  folder=$(readlink -f "$folder")
  (
    cd "$cache/apt/$suite-$architecture/cache/archives" || exit 1
    for name; do
      rm -f "${name}"_*.deb
      suite_apt "$suite" "$architecture" apt-get download "$name" || exit 1
      for file in "${name}"_*.deb; do
        dpkg-deb --extract "$file" "$folder" || exit 1
        rm "$file"
      done
    done
  )
}
