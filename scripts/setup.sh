#!/bin/sh
# Create .venv: `setup.sh base` for analysis, `setup.sh dev` also for training, tests and a browser.
# Quick if nothing changed: a stamp file holds the checksum of the files it was installed from.
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

# Install a Debian package if possible (root and apt), otherwise ask for it.
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

# Install the npm packages of the page, for the test that builds it; without npm that test is skipped.
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

# `pip install .` into this environment replaces the editable install by a copy, which would not follow changes
is_editable() {
    ls $venv/lib/python3*/site-packages/_editable_impl_moodcurve.pth >/dev/null 2>&1
}

if [ "$(cat "$stamp" 2>/dev/null)" != "$sum" ] || ! is_editable; then
    if ! [ -x $venv/bin/pip ]; then
        python=$(find_python)
        # a Python without ensurepip creates half an environment: start again
        "$python" -m venv $venv || { rm -rf $venv; apt_install python3-venv "the venv module"; "$python" -m venv $venv; }
    fi
    case $kind in
        base) what=. ;;
        dev) what='.[dev]' ;;
    esac
    # --no-compile: Python compiles modules on import, a fraction of those installed
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
