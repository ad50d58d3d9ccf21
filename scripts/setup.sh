#!/bin/sh
# Makes .venv: `setup.sh base` for listening, `setup.sh dev` for training, tests and a browser as well.
# Quick when nothing changed: a stamp holds the checksum of what was installed from.
set -eu
kind=$1
venv=.venv
sum=$(cat pyproject.toml constraints.txt scripts/setup.sh | cksum)
stamp=$venv/.installed-$kind

find_python() {
    for name in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$name"
            return
        fi
    done
    echo "moodcurve needs Python 3.11 or newer${PYTHON:+, and $PYTHON is not}; set PYTHON=/path/to/python3" >&2
    exit 1
}

# Debian's package is installed when it can be (root and apt), and asked for when it can't.
apt_install() {
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "installing $1 with apt-get" >&2
        # shellcheck disable=SC2086  # several packages are several words
        apt-get update -qq >&2 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $1 >&2
    else
        echo "please install $1 ($2)" >&2
        return 1
    fi
}

# The packages that the page is built from, for the test that builds it anew; without npm that test is skipped.
install_page_packages() {
    command -v npm >/dev/null || apt_install "nodejs npm" "they build the page" || return 1
    lock=$(cksum <web/package-lock.json)
    if [ "$(cat web/node_modules/.installed 2>/dev/null)" != "$lock" ]; then
        echo "installing the page's packages into web/node_modules" >&2
        (cd web && npm ci --silent --no-progress) && echo "$lock" >web/node_modules/.installed
    fi
}

have_browser() {
    for name in chromium chromium-browser google-chrome; do
        if command -v "$name" >/dev/null; then return 0; fi
    done
    return 1
}

# `pip install .` into this environment puts a copy in the place of this folder, which would then stay as it was
is_editable() {
    ls $venv/lib/python3*/site-packages/_editable_impl_moodcurve.pth >/dev/null 2>&1
}

if [ "$(cat "$stamp" 2>/dev/null)" != "$sum" ] || ! is_editable; then
    if ! [ -x $venv/bin/pip ]; then
        python=$(find_python)
        # a Python without ensurepip makes half an environment: start it afresh
        "$python" -m venv $venv || { rm -rf $venv; apt_install python3-venv "the venv module"; "$python" -m venv $venv; }
    fi
    case $kind in
        base) what=. ;;
        dev) what='.[dev]' ;;
    esac
    # --no-compile: Python compiles what is imported, which is a fraction of what is installed
    echo "installing moodcurve ($kind) into $venv; the first time takes a few minutes" >&2
    $venv/bin/pip install --quiet --disable-pip-version-check --no-compile -c constraints.txt -e "$what"
    $venv/bin/python -m compileall -q src/moodcurve
    echo "$sum" >"$stamp"
fi

if [ "$kind" = dev ] && ! have_browser; then
    apt_install chromium "or another Chromium: the browser tests drive it" || [ "${CI:-}" != true ]
fi
if [ "$kind" = dev ]; then
    install_page_packages || [ "${CI:-}" != true ]
fi
