//! Scenarios of failure, one by one, against the hub and the node without sockets: exact, in virtual time, on disks in
//! memory. `tests/README.md` says which scenario each of them stands for; the world (`tests/world`) mixes them at random.

mod dying;
mod fragile;
mod handed;
mod pair;
mod proved;
mod push;
mod readers;
mod restored;
mod saved;
mod senseless;
mod town;
