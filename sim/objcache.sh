#!/bin/sh
# Compiler launcher (OBJCACHE of Verilator's makefiles). What is the same for many designs takes
# most of a build's time, so it is kept in $SC_HW_OBJECT_CACHE, by compiler, options and tool
# versions: the objects of Verilator's own runtime; that of cocotb's main program, which knows no
# more of a design than the header of its ports; and Verilator's header, precompiled, with which the
# design itself compiles to the same object in half of the time (0.4 s for 0.9 s). All other files
# are compiled as usual, and so is everything where the cache can't be used.
for source do :; done
ports=/dev/null
case "$source" in
*/include/verilated*.cpp) ;;
*/verilator/verilator.cpp) ports=Vtop.h ;;
*__ALL.cpp) ports= ;;
*) exec "$@" ;;
esac
[ -n "$SC_HW_OBJECT_CACHE" ] && command -v sha256sum >/dev/null 2>&1 || exec "$@"
version=$("$1" --version)
key() { { printf '%s\n' "$version" "$SC_HW_OBJECT_KEY" "$@"; cat; } | sha256sum | cut -c1-32; }

if [ -n "$ports" ]; then
    name=$(basename "$source" .cpp).o
    # -I of the build folder is relative, so the same command line is the same object
    kept="$SC_HW_OBJECT_CACHE/$(cat "$source" "$ports" | key "$@").o"
    if [ -f "$kept" ] && cp "$kept" "$name"; then exit 0; fi
    "$@" || exit $?
    mkdir -p "$SC_HW_OBJECT_CACHE" && cp "$name" "$kept.$$" && mv -f "$kept.$$" "$kept"
    exit 0
fi

# Other compilers than GCC refuse what they can't use, where GCC reads the header itself.
case "$version" in *"Free Software Foundation"*) ;; *) exec "$@" ;; esac
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
case "$*" in
*" -c -o "*"__ALL.o $source") ;;
*) exec "$@" ;;
esac
if precompile "$@"; then
    compiler=$1
    shift
    exec "$compiler" -include "$header" "$@"
fi
exec "$@"
