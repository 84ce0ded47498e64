"""Time to switch and false switches, in virtual time: the guard's own decision beside what others ship."""
