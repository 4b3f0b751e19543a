//! What a converting process may not do: open files, talk to networks, start programs, outlive its daemon.
//!
//! In: the calling process, while it has one thread. Out: the names of what holds. Whatever this kernel does not have is
//! left out, and the daemon says so. Two layers, because either may be missing: Landlock (Linux 5.13) takes away the file
//! system and the network, a seccomp filter answers `EPERM` to the system calls themselves. Pipes that are open stay open.

use std::collections::BTreeMap;

use landlock::{ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetError, RulesetStatus, Scope};
use rustix::process::{Resource, Rlimit, Signal, set_parent_process_death_signal, setrlimit};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};

use crate::limits::Limits;

/// What a document's conversion never needs. Numbers differ between machines, names do not.
const FORBIDDEN: [i64; 41] = [
    libc::SYS_openat,
    libc::SYS_openat2,
    libc::SYS_open_by_handle_at,
    libc::SYS_mkdirat,
    libc::SYS_mknodat,
    libc::SYS_unlinkat,
    libc::SYS_renameat2,
    libc::SYS_linkat,
    libc::SYS_symlinkat,
    libc::SYS_fchmodat,
    libc::SYS_fchownat,
    libc::SYS_truncate,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_sendto,
    libc::SYS_sendmsg,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_kill,
    libc::SYS_pidfd_send_signal,
    libc::SYS_io_uring_setup,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_add_key,
    libc::SYS_keyctl,
    libc::SYS_memfd_create,
];
/// The older forms of some of them, which newer machines do not have.
#[cfg(target_arch = "x86_64")]
const FORBIDDEN_HERE: [i64; 11] = [
    libc::SYS_open,
    libc::SYS_creat,
    libc::SYS_mkdir,
    libc::SYS_mknod,
    libc::SYS_unlink,
    libc::SYS_rename,
    libc::SYS_renameat,
    libc::SYS_link,
    libc::SYS_symlink,
    libc::SYS_fork,
    libc::SYS_vfork,
];
#[cfg(not(target_arch = "x86_64"))]
const FORBIDDEN_HERE: [i64; 0] = [];

/// Binds this process for good. Names what holds.
pub(super) fn enter(limits: &Limits) -> Vec<String> {
    let mut holds = Vec::new();
    // A daemon that is killed takes its processes with it, whatever they are caught in.
    holds.extend(set_parent_process_death_signal(Some(Signal::KILL)).is_ok().then(|| "parent-death".to_owned()));
    holds.extend(bound_resources(limits).then(|| "rlimits".to_owned()));
    holds.extend(leave_file_system().unwrap_or(false).then(|| "landlock".to_owned()));
    holds.extend(forbid_calls().then(|| "seccomp".to_owned()));
    holds
}

fn bound_resources(limits: &Limits) -> bool {
    let bound = |resource, value| setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) }).is_ok();
    bound(Resource::As, limits.memory_bytes)
        // No dumps of people's documents, no files at all.
        & bound(Resource::Core, 0)
        & bound(Resource::Fsize, 0)
        & bound(Resource::Nofile, 16)
}

fn leave_file_system() -> Result<bool, RulesetError> {
    let abi = ABI::V6;
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(abi))?
        .handle_access(AccessNet::from_all(abi))?
        .scope(Scope::from_all(abi))?
        .create()?
        .restrict_self()?;
    Ok(status.ruleset != RulesetStatus::NotEnforced)
}

fn forbid_calls() -> bool {
    let rules: BTreeMap<i64, _> = FORBIDDEN.iter().chain(&FORBIDDEN_HERE).map(|number| (*number, Vec::new())).collect();
    let Ok(machine) = std::env::consts::ARCH.try_into() else { return false };
    let denied = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, denied, machine);
    let program = filter.and_then(BpfProgram::try_from);
    program.is_ok_and(|program| apply_filter(&program).is_ok())
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    const CHILD: &str = "HEDUI_TEST_BOUND";

    /// [`child`] is this very test binary, in a process of its own because there is no way back.
    #[test]
    fn a_bound_process_reaches_nothing() {
        let mut test = Command::new(std::env::current_exe().unwrap());
        let output = test.args(["--exact", "daemon::sandbox::tests::child", "--nocapture"]).env(CHILD, "1").output();
        let output = output.unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
        println!("{text}");
    }

    /// By itself it does nothing.
    #[test]
    fn child() {
        if std::env::var_os(CHILD).is_none() {
            return;
        }
        let holds = enter(&Limits { memory_bytes: 512 << 20, ..Limits::default() });
        println!("holds: {}", holds.join(" "));
        assert!(holds.contains(&"rlimits".to_owned()) && holds.contains(&"parent-death".to_owned()));
        if holds.len() < 4 {
            println!("skipped: this kernel has not both Landlock and seccomp");
            return;
        }
        assert!(std::fs::read("Cargo.toml").is_err() && std::fs::read_dir("/").is_err());
        assert!(std::fs::write("made.txt", "x").is_err() && std::fs::remove_file("Cargo.toml").is_err());
        assert!(
            std::net::TcpStream::connect("127.0.0.1:1").is_err_and(|error| error.raw_os_error() == Some(libc::EPERM))
        );
        assert!(std::os::unix::net::UnixStream::connect("a").is_err());
        assert!(Command::new("true").stdout(Stdio::null()).spawn().is_err());
        // Memory and threads are what is left.
        let sum = std::thread::spawn(|| vec![1_u64; 1 << 20].iter().sum::<u64>()).join().unwrap();
        assert_eq!(sum, 1 << 20);
        assert!(Vec::<u8>::new().try_reserve(600 << 20).is_err());
    }
}
