//! What the vault costs, printed and not judged: ratios to one key derivation of the same run, and the memory of many at once.

use std::{
    fs,
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use awsenv::vault::format::Params;

use super::{ID, agent::unlock};
use crate::support::{
    Run, TestEnv,
    vault::{PASSPHRASE, SECRET, TestVault, fed, passphrase, run_with_passphrase},
};

/// The shortest of some runs: what it takes when nothing disturbs it.
fn shortest(mut run: impl FnMut()) -> Duration {
    let once = |run: &mut dyn FnMut()| {
        let started = Instant::now();
        run();
        started.elapsed()
    };
    (0..5).map(|_| once(&mut run)).min().expect("there are runs")
}

#[test]
fn unlock_is_one_derivation_and_a_change_is_none() {
    let env = TestEnv::empty();
    env.write("passphrase", format!("{PASSPHRASE}\n"));
    let vault = TestVault::of(&env);
    vault.create(&passphrase(PASSPHRASE), Params::default(), 1_790_000_000).expect("a vault is made");
    let sealed = vault.read().expect("it is read").expect("it is there");
    let derivation = shortest(|| drop(sealed.unlock(&passphrase(PASSPHRASE)).expect("it opens")));
    let unlocking = shortest(|| {
        unlock(&env, &[]);
        env.run(&["lock"]).exits(0);
    });
    unlock(&env, &[]);
    let add = |name: &str| {
        fed(env.awsenv(&["add", name, "--stdin", "--replace"]), &format!("{ID}\n{SECRET}\n")).exits(0);
    };
    let by_agent = shortest(|| add("a"));
    let version = shortest(|| drop(env.run(&["--version"]).exits(0)));
    let of = |time: Duration| time.as_secs_f64() / derivation.as_secs_f64();
    println!("one derivation: {} ms", derivation.as_millis());
    println!("unlock and lock: {} ms, {:.2} derivations", unlocking.as_millis(), of(unlocking));
    println!("add with the agent: {} ms, {:.2} derivations", by_agent.as_millis(), of(by_agent));
    println!("--version: {} ms, {:.2} derivations", version.as_millis(), of(version));
}

/// The most memory that all awsenv of this home had at one time, in MiB, while this ran.
fn peak(env: &TestEnv, run: impl FnOnce()) -> u64 {
    let (stop, stopped) = mpsc::channel::<()>();
    let home = format!("HOME={}", env.home().display());
    let sum = move || -> u64 {
        let processes = fs::read_dir("/proc").expect("it is Linux").flatten().map(|entry| entry.path());
        let is_ours = |of: &std::path::Path| {
            let has = |file: &str, text: &str| {
                fs::read(of.join(file)).is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains(text))
            };
            has("comm", "awsenv") && has("environ", &home)
        };
        let memory = |of: std::path::PathBuf| {
            let status = fs::read_to_string(of.join("status")).ok()?;
            status
                .lines()
                .find_map(|line| line.strip_prefix("RssAnon:")?.split_whitespace().next()?.parse::<u64>().ok())
        };
        processes.filter(|of| is_ours(of)).filter_map(memory).sum::<u64>() / 1024
    };
    thread::scope(|scope| {
        let sampling = scope.spawn(move || {
            let mut most = sum();
            while stopped.recv_timeout(Duration::from_millis(50)) == Err(RecvTimeoutError::Timeout) {
                most = most.max(sum());
            }
            most
        });
        run();
        drop(stop);
        sampling.join().expect("it ends")
    })
}

#[test]
fn r5_two_hundred_at_once_take_turns_at_the_derivation() {
    for with_agent in [true, false] {
        let env = TestEnv::empty();
        env.write("passphrase", format!("{PASSPHRASE}\n"));
        let vault = TestVault::of(&env);
        let unlocked = vault.create(&passphrase(PASSPHRASE), Params::default(), 0).expect("a vault is made");
        if with_agent {
            run_with_passphrase(&env, &["unlock"], "").exits(0);
        }
        let more = if with_agent { "" } else { "--passphrase-fd 3 3<passphrase" };
        let script = format!(
            "for i in $(seq 200); do printf '%s\\n%s\\n' \"$1\" \"$2\" | awsenv --quiet add \"p$i\" --stdin {more} & done; wait"
        );
        let started = Instant::now();
        let peak = peak(&env, || {
            let run = env.command("sh").args(["-c", &script, "sh", ID, SECRET]).output().expect("sh starts");
            assert_eq!(Run::from(run).exits(0).stderr, "");
        });
        let (kept, seconds) = (vault.content(&unlocked).expect("it opens").profiles.len(), started.elapsed());
        assert_eq!(kept, 200);
        let way = if with_agent { "with the agent" } else { "without it" };
        println!("{way}: {kept} of 200 kept in {:.1} s, at most {peak} MiB at one time", seconds.as_secs_f64());
    }
}
