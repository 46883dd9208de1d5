# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
mkfifo in
mx-pack in -o m.mx >/dev/null 2>&1 &
exec 3>in
head -c 2000 "$FIXTURES/digits.mx" >&3
for _ in $(seq 100); do [ -z "$(ls .m.mx* 2>/dev/null)" ] || break; sleep 0.05; done
{ kill -KILL $!; wait $! || true; } 2>/dev/null
exec 3>&-
[ -n "$(ls .m.mx*)" ]
mx-pack "$FIXTURES/digits.mx" -o m.mx >/dev/null
ls -A
