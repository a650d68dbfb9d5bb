#!/usr/bin/env bash
# Makes the two virtual environments from the pinned lists; quick when nothing has changed since the last time.
#   requirements/install.sh PYTHON VENV EMULATOR_VENV
set -euo pipefail
cd "$(dirname "$0")/.."
asked=$1 venv=$2 emulator=$3
PATH=${PATH//"$PWD/$venv/bin:"/} # not the environment that is about to be made

base_interpreter() { # of a shim or of a virtual environment, when it is a Python this project knows
    "$1" -c 'import sys
sys.version_info[:2] in [(3, 11), (3, 12), (3, 13), (3, 14)] or sys.exit(1)
print(getattr(sys, "_base_executable", None) or sys.executable)' 2>/dev/null
}

for candidate in "$asked" python3.13 python3.12 python3.14 python3.11; do
    python=$(base_interpreter "$candidate") && break
    [ "$asked" = python3 ] || break
done
if [ -z "${python:-}" ]; then
    echo "$asked is not Python 3.11, 3.12, 3.13 or 3.14. Name one: make setup PYTHON=/path/to/python3.13" >&2
    exit 1
fi
version=$("$python" -c 'import sys; print("{}.{}".format(*sys.version_info))')

if command -v flock >/dev/null; then # one installation at a time
    mkdir -p .local
    exec 9>.local/install.lock
    flock 9
fi

with_uv() { # folder, options of the lists ...
    local folder=$1
    shift
    command -v uv >/dev/null || return 1
    rm -rf "$folder"
    local quiet=--quiet
    [ -t 2 ] && quiet=
    uv venv --quiet --python "$python" "$folder" &&
        uv pip install $quiet --python "$folder/bin/python" --no-deps --require-hashes "$@" && return
    echo "uv could not do it; once more with pip." >&2
    return 1
}

with_pip() { # folder, options of the lists ...
    local folder=$1
    shift
    rm -rf "$folder"
    need_venv_module
    "$python" -m venv "$folder"
    "$folder/bin/python" -m pip install --disable-pip-version-check --no-deps --require-hashes "$@" 2>&1 | progress "$@"
}

progress() { # -r, a list: of what pip says, how far it has got (a line for every tenth package), and errors
    awk -v all="$(grep -c '^[A-Za-z0-9._-]*==' "$2")" '
        /^ *ERROR/ { print > "/dev/stderr" }
        /^Collecting / { if (++count % 10 == 0) print "  " count " of " all " packages"; fflush() }
        /^Installing collected/ { print "  installing them ..."; fflush() }'
}

need_venv_module() {
    "$python" -c 'import ensurepip, venv' 2>/dev/null && return
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "python$version-venv" >/dev/null
    else
        echo "This Python comes without its venv module. Run: sudo apt-get install python$version-venv" >&2
        exit 1
    fi
}

install() { # folder, pinned list; the lists are complete, so that nothing is left to resolve
    local folder=$1 stamp list=()
    shift
    stamp=$({ "$python" -VV; cat "$@"; } | cksum)
    [ "$(cat "$folder/.installed" 2>/dev/null)" = "$stamp" ] && return
    echo "Setting up $folder (Python $version) ..."
    for file in "$@"; do list+=(-r "$file"); done
    with_uv "$folder" "${list[@]}" || with_pip "$folder" "${list[@]}"
    echo "$stamp" >"$folder/.installed"
}

install "$venv" requirements/dev.txt
install "$emulator" requirements/emulator.txt
