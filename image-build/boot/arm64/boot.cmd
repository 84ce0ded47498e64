# Chooses the slot and starts its kernel: `slot` of the environment, a where there is none.
if test "${slot}" != "b"; then setenv slot a; fi
if test "${slot}" = "b"; then setenv kernelpart 4; else setenv kernelpart 3; fi
# on a Pi the serial pins may belong to a modem, which takes a console's words for commands: only QEMU has one there
if test -z "${fdtfile}"; then setenv hotline_console console=ttyAMA0; fi
# the kernel has 48 MB, and U-Boot's own places for the rest on a Pi lie within them
if test -n "${fdtfile}"; then
    setenv kernel_addr_r 0x00080000
    setenv fdt_addr_r 0x05600000
    setenv ramdisk_addr_r 0x05700000
fi
# hotline_more: what else the environment has for the kernel; the tests in QEMU give systemd longer times by it
# with huge pages one line in the journal rewrites 2 MB of the card, as its file is mapped
setenv bootargs "hotline.slot=${slot} transparent_hugepage=never console=tty0 ${hotline_console} panic=10 oops=panic ro quiet loglevel=4 ${hotline_more}"
echo "Hotline: slot ${slot} from ${devtype} ${devnum}:${kernelpart}"
if test -n "${fdtfile}" && load ${devtype} ${devnum}:1 ${fdt_addr_r} ${fdtfile}; then setenv fdt ${fdt_addr_r}; else setenv fdt ${fdt_addr}; fi
if test -z "${fdt}"; then setenv fdt ${fdtcontroladdr}; fi
load ${devtype} ${devnum}:${kernelpart} ${kernel_addr_r} vmlinuz || reset
load ${devtype} ${devnum}:${kernelpart} ${ramdisk_addr_r} initramfs || reset
setenv ramsize ${filesize}
booti ${kernel_addr_r} ${ramdisk_addr_r}:${ramsize} ${fdt}
reset
