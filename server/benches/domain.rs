//! What the rules and the cryptography cost, without a database or network.
//! Run with `cargo bench -p twofold-server --bench domain`.

#![expect(clippy::unwrap_used, reason = "a benchmark that can't run should stop")]

use criterion::{Criterion, criterion_group, criterion_main};
use rand::{SeedableRng, rngs::StdRng};
use std::hint::black_box;
use twofold::{
    clock::UnixTime,
    crypto::{
        os_rng,
        password::{Params, PasswordHasher, Salt, derive_code},
        secret_box::{Key, Keyring, Purpose},
        token::Token,
    },
    domain::{
        identity::user_name::lookup_key,
        second_factor::{
            code::SixDigits,
            totp::{self, Secret},
        },
    },
};

fn codes(c: &mut Criterion) {
    let secret = Secret::generate(&mut StdRng::seed_from_u64(1));
    let now = UnixTime(1_700_000_000);
    let right = SixDigits::parse(&secret.code_at(now)).unwrap();
    let wrong = SixDigits::parse("000000").unwrap();
    c.bench_function("totp verify, right code (window of 3)", |b| {
        b.iter(|| totp::verify(black_box(&secret), black_box(&right), now, None));
    });
    c.bench_function("totp verify, wrong code (window, then 10 minutes)", |b| {
        b.iter(|| totp::verify(black_box(&secret), black_box(&wrong), now, None));
    });
}

fn secrets(c: &mut Criterion) {
    let rng = &mut os_rng();
    let keyring = Keyring::new(Key::generate(rng), vec![]);
    let row = "0190f3a2-7b1c-7e55-8a3b-1f2e3d4c5b6a";
    let secret = [7; 20];
    let sealed = keyring.seal(rng, Purpose::TotpSecret, row, &secret).unwrap();
    c.bench_function("secret seal", |b| {
        b.iter(|| keyring.seal(rng, Purpose::TotpSecret, row, black_box(&secret)));
    });
    c.bench_function("secret open", |b| {
        b.iter(|| keyring.open(Purpose::TotpSecret, row, black_box(&sealed)));
    });
    c.bench_function("token generate and digest", |b| {
        b.iter(|| Token::generate(&mut os_rng()).digest());
    });
    c.bench_function("user name look-up key", |b| {
        b.iter(|| lookup_key(black_box("Anna-Lena Müller")));
    });
}

fn passwords(c: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut group = c.benchmark_group("argon2id m=19456 t=2 p=1");
    group.sample_size(30);
    let argon2 = argon2::Argon2::default();
    let mut memory = vec![argon2::Block::new(); argon2.params().block_count()];
    let mut hash = [0; 32];
    group.bench_function("bare hash, memory at hand", |b| {
        b.iter(|| {
            argon2.hash_password_into_with_memory(b"correct horse", &[1; 16], &mut hash, &mut memory[..]).unwrap();
        });
    });
    let hasher = PasswordHasher::new(Params::default()).unwrap();
    group.bench_function("through the pool", |b| {
        b.to_async(&runtime).iter(|| async { hasher.hash("correct horse", Salt([1; 16])).await.unwrap() });
    });
    group.finish();
    c.bench_function("argon2id m=64 t=1 p=1 with a secret, for a recovery code", |b| {
        b.iter(|| derive_code(black_box(b"0123456789ABCDEF"), Salt([1; 16]), &[7; 32]).unwrap());
    });
}

criterion_group!(benches, codes, secrets, passwords);
criterion_main!(benches);
