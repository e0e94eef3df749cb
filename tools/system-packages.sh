#!/bin/sh
# What the Python packages need from the OS: a C++ compiler and Python's headers (vqf builds
# from source on arm64), systemd (its units are checked by it), and on Raspberry Pi OS the GPIO and camera bindings it ships.
set -eu
need=""
command -v g++ >/dev/null 2>&1 || need="$need g++"
"${PYTHON:-python3}" - <<'PY' || need="$need python3-dev"
import os, sysconfig
raise SystemExit(not os.path.exists(os.path.join(sysconfig.get_paths()["include"], "Python.h")))
PY
"${PYTHON:-python3}" -c 'import venv, ensurepip' 2>/dev/null || need="$need python3-venv"
# The tests ask systemd itself what it thinks of the units.
command -v systemd-analyze >/dev/null 2>&1 || need="$need systemd"
if [ -e /etc/rpi-issue ]; then
    for package in python3-lgpio python3-picamera2; do
        dpkg -s "$package" >/dev/null 2>&1 || need="$need $package"
    done
fi
[ -z "$need" ] && exit 0
sudo=""
[ "$(id -u)" = 0 ] || sudo="sudo"
command -v apt-get >/dev/null 2>&1 || { echo "Please install:$need" >&2; exit 1; }
echo "Installing from the OS:$need"
$sudo apt-get update -q >/dev/null
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -q $need >/dev/null
