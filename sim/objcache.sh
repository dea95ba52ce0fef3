#!/bin/sh
# Compiler launcher (OBJCACHE of Verilator's makefiles). Verilator's own runtime is the same for
# every design and takes most of a build's time, so its objects are kept in $SC_HW_OBJECT_CACHE, by
# compiler, options and tool versions. All other files are compiled as usual, and so is everything
# where the cache can't be used.
for source do :; done
case "$source" in
*/include/verilated*.cpp) ;;
*) exec "$@" ;;
esac
[ -n "$SC_HW_OBJECT_CACHE" ] && command -v sha256sum >/dev/null 2>&1 || exec "$@"
name=$(basename "$source" .cpp).o
# -I of the build folder is relative, so the same command line is the same object
key=$({ "$1" --version; printf '%s\n' "$SC_HW_OBJECT_KEY" "$@"; cat "$source"; } | sha256sum | cut -c1-32)
kept="$SC_HW_OBJECT_CACHE/$key.o"
if [ -f "$kept" ] && cp "$kept" "$name"; then exit 0; fi
"$@" || exit $?
mkdir -p "$SC_HW_OBJECT_CACHE" && cp "$name" "$kept.$$" && mv -f "$kept.$$" "$kept"
exit 0
