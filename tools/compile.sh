#!/bin/sh
# The compiler launcher: ccache for objects; precompiled headers are made by the compiler itself, each build its own.
#
# A precompiled header holds paths of its build, so it is neither cached nor told apart by its bytes: beside it stands
# FILE.pch.sum, the hash of what it was made from, which ccache takes instead. So every clone shares the objects.
set -eu

# ccache takes paths behind -Xclang as they are: inside of the build they are made relative.
for word do
    shift
    set -- "$@" "${word#"$PWD"/}"
done
case " $* " in
    *" -emit-pch "*) ;;
    *) exec ccache "$@" ;;
esac
"$@"
out=
previous=
for word do
    [ "$previous" = -o ] && out=$word
    previous=$word
done
flags=$(printf '%s\n' "$@" | grep -v /)
{ printf '%s\n' "$flags"; "$1" --version; "$1" -std=c++20 -E -P -x c++ "${out%.pch}"; } | sha256sum > "$out.sum"
