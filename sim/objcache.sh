#!/bin/sh
# Compiler launcher (OBJCACHE of Verilator's makefiles). What is the same for many designs takes
# most of a build's time, so it is kept in $SC_HW_OBJECT_CACHE, by compiler, options and tool
# versions: the objects of Verilator's own runtime; that of cocotb's main program, which knows no
# more of a design than the header of its ports; and Verilator's header, precompiled, with which
# the main program, the driver and the design itself compile to the same objects in half of the
# time (0.4 s for 0.9 s). All other files are compiled as usual, and so is everything where the
# cache can't be used.
for source do :; done
case "$source" in
*/include/verilated*.cpp) part=runtime ;;
*/verilator/verilator.cpp) part=main ;;
*__ALL.cpp | */driver.cpp) part=design ;;
*) exec "$@" ;;
esac
[ -n "$SC_HW_OBJECT_CACHE" ] && command -v sha256sum >/dev/null 2>&1 || exec "$@"
version=$("$1" --version)
key() { { printf '%s\n' "$version" "$SC_HW_OBJECT_KEY" "$@"; cat; } | sha256sum | cut -c1-32; }

precompile() {  # all options but those of output and source, the last four words
    words=$#
    for word do
        shift
        [ $words -gt 4 ] && set -- "$@" "$word"
        words=$((words - 1))
    done
    header="$SC_HW_OBJECT_CACHE/$(key "$@" </dev/null).h"
    [ -f "$header.gch" ] && return
    mkdir -p "$SC_HW_OBJECT_CACHE" && echo '#include "verilated.h"' >"$header.$$" &&
        mv -f "$header.$$" "$header" &&
        "$@" -x c++-header -o "$header.gch.$$" "$header" && mv -f "$header.gch.$$" "$header.gch"
}
compile() {
    # Other compilers than GCC refuse what they can't use, where GCC reads the header itself.
    case "$part $version $*" in
    runtime*) ;;
    *"Free Software Foundation"*" -c -o "*".o $source")
        if precompile "$@"; then
            compiler=$1
            shift
            "$compiler" -include "$header" "$@"
            return
        fi
        ;;
    esac
    "$@"
}

[ $part = design ] && { compile "$@"; exit; }
ports=/dev/null
[ $part = main ] && ports=Vtop.h
name=$(basename "$source" .cpp).o
# -I of the build folder is relative, so the same command line is the same object
kept="$SC_HW_OBJECT_CACHE/$(cat "$source" "$ports" | key "$@").o"
if [ -f "$kept" ] && cp "$kept" "$name"; then exit 0; fi
compile "$@" || exit
mkdir -p "$SC_HW_OBJECT_CACHE" && cp "$name" "$kept.$$" && mv -f "$kept.$$" "$kept"
exit 0
