# The life of the package, from before it is installed until it is purged. Says "well" at its end.
set -eu
say() { echo "$*"; exit 1; }
export DEBIAN_FRONTEND=noninteractive
settings=/etc/zonewright/zonewright.yaml

find /etc /usr /var -xdev -name '*zonewright*' 2> /dev/null | sort > /tmp/before
dpkg --no-triggers -i /mnt/zonewright.deb
getent passwd zonewright | grep -q ':/var/lib/zonewright:/usr/sbin/nologin$' || say "user: $(getent passwd zonewright)"
[ "$(zonewright --version)" ] || say 'it does not run'
zonewright check --config $settings
man --where zonewright | grep -q '^/usr/share/man/man1/zonewright.1' || [ -e /usr/share/man/man1/zonewright.1.gz ] ||
    grep -q '^path-exclude=/usr/share/man' /etc/dpkg/dpkg.cfg.d/* || say 'no manual page'
bash -c '. /usr/share/bash-completion/completions/zonewright && complete -p zonewright' > /dev/null
dpkg-query --show --showformat '${Conffiles}' zonewright | grep -q " $settings " || say 'the settings are no conffile'
[ ! -e /etc/systemd/system/multi-user.target.wants/zonewright.service ] || say 'it is enabled'

# What was edited stays, whatever a new version brings.
echo '# edited' >> $settings
echo 'a zone' > /etc/zonewright/zones/a.test.zone
mkdir -p /var/lib/zonewright && echo stored > /var/lib/zonewright/journal
dpkg --no-triggers --force-confdef --force-confold -i /mnt/zonewright.deb
grep -q '^# edited$' $settings || say 'an edit of the settings is lost'
[ -s /var/lib/zonewright/journal ] || say 'what was stored is lost'

# Removed, settings and data stay; purged, only what others wrote into the folder of settings.
dpkg --no-triggers --remove zonewright
[ ! -e /usr/bin/zonewright ] && [ -e $settings ] && [ -s /var/lib/zonewright/journal ] || say 'a removal takes too much or too little'
dpkg --no-triggers --purge zonewright
[ -e /etc/zonewright/zones/a.test.zone ] || say 'a purge took a zone file'
rm -r /etc/zonewright/zones/a.test.zone
dpkg --no-triggers -i /mnt/zonewright.deb
dpkg --no-triggers --purge zonewright
find /etc /usr /var -xdev -name '*zonewright*' 2> /dev/null | sort > /tmp/after
diff /tmp/before /tmp/after || say 'a purge leaves files'
echo well
