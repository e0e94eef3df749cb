#!/bin/sh
# Resolve setup.cfg into requirements/run.txt and requirements/dev.txt: exact versions.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
freeze() { "$1/bin/pip" freeze --exclude-editable --exclude hinge-station; }
"${PYTHON:-python3}" -m venv "$work/run"
"$work/run/bin/pip" install -q . setuptools==80.9.0
{
    echo "# Made by 'make lock' from setup.cfg. What the station runs on."
    echo "setuptools==80.9.0"
    freeze "$work/run"
    echo 'lgpio==0.2.2.0; python_version<"3.13" and platform_machine=="aarch64"'
} | grep -v '^hinge-station' >"$work/run.txt"
"${PYTHON:-python3}" -m venv "$work/dev"
"$work/dev/bin/pip" install -q -r "$work/run.txt"
"$work/dev/bin/pip" install -q -c "$work/run.txt" ".[dev,peers,plots,screen]"
{
    echo "# Made by 'make lock' from setup.cfg. What the tests need besides; never at run time."
    freeze "$work/dev" | grep -vxFf "$work/run.txt"
} | grep -v '^hinge-station' >"$work/dev.txt"
cp "$work/run.txt" "$work/dev.txt" requirements/
