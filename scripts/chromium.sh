#!/bin/sh
# The page tests drive a browser. Install one where we may; elsewhere say how, and the page tests skip.
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        chromium fonts-dejavu-core >/dev/null && exit 0
fi
echo "No Chromium here: install it (Debian: apt-get install chromium) to run the page tests." >&2
exit 0
