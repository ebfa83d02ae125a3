//! floor_derivation VAULT: derives a key once, with the salt and the costs of this vault's header.

use std::{env, error::Error, fs};

use argon2::{Algorithm, Argon2, Params, Version};

/// Where docs/vault.md says that the costs are: memory in KiB, passes, lanes, of four bytes each. Then comes the salt.
const COSTS: usize = 12;
const SALT: usize = 24;

fn main() -> Result<(), Box<dyn Error>> {
    let header = fs::read(env::args().nth(1).ok_or("the vault is not given")?)?;
    let field = |at: usize| -> Result<u32, Box<dyn Error>> {
        Ok(u32::from_be_bytes(header.get(at..at + 4).ok_or("it is too short")?.try_into()?))
    };
    let params = Params::new(field(COSTS)?, field(COSTS + 4)?, field(COSTS + 8)?, Some(32))?;
    let salt = header.get(SALT..SALT + 16).ok_or("it is too short")?;
    let mut key = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(b"open sesame", salt, &mut key)?;
    std::hint::black_box(key);
    Ok(())
}
