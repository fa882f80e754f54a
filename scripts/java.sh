#!/bin/sh
# Spark runs on Java 17 or newer. Install it where we may; elsewhere say how, and the Spark tests skip.
command -v java >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        openjdk-17-jre-headless >/dev/null && exit 0
fi
echo "No Java here: install it (Debian: apt-get install openjdk-17-jre-headless) to run the Spark tests." >&2
exit 0
