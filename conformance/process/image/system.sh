# A throw-away copy of this system: what is changed in it is gone with the last process in it.
#   sh -c "$THIS" sh FOLDER COMMAND…
# FOLDER is /mnt in there.
set -e
folder=$1
shift
layer=$folder/layer
root=$layer/root
mkdir -p "$layer"
mount -t tmpfs tmpfs "$layer"
mkdir "$layer/upper" "$layer/work" "$root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$layer/upper,workdir=$layer/work" "$root"
for name in dev proc; do mount --rbind "/$name" "$root/$name"; done
# Without the folder of a running systemd: services are neither started nor stopped.
for name in run tmp; do mount -t tmpfs tmpfs "$root/$name"; done
mount --bind "$folder" "$root/mnt"
ip link set lo up
exec chroot "$root" "$@"
