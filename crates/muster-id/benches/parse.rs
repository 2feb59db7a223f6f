//! How fast values are judged. The limit to hold: a million a second on one core, right ones and wrong ones.

use divan::{Bencher, black_box, counter::ItemsCount};
use muster_id::{KINDS, Kind, kind};

fn main() {
    divan::main();
}

/// A column of values that the kind accepts.
fn column(kind: &'static Kind) -> Vec<String> {
    kind.make(1).take(1_000).map(|id| id.to_string()).collect()
}

fn judge(bencher: Bencher<'_, '_>, kind: &'static Kind, column: &[String]) {
    bencher
        .counter(ItemsCount::new(column.len()))
        .bench_local(|| {
            for value in column {
                let _ = black_box(kind.parse(black_box(value)));
            }
        });
}

#[divan::bench(args = KINDS.iter().map(|kind| kind.id))]
fn right(bencher: Bencher<'_, '_>, id: &str) {
    if let Some(kind) = kind(id) {
        judge(bencher, kind, &column(kind));
    }
}

/// The same with the last character replaced.
#[divan::bench(args = KINDS.iter().map(|kind| kind.id))]
fn wrong(bencher: Bencher<'_, '_>, id: &str) {
    if let Some(kind) = kind(id) {
        let mut column = column(kind);
        for value in &mut column {
            value.pop();
            value.push('I');
        }
        judge(bencher, kind, &column);
    }
}

#[divan::bench]
fn made(bencher: Bencher<'_, '_>) {
    if let Some(pnc) = kind("pnc") {
        bencher
            .counter(ItemsCount::new(1_000_usize))
            .bench_local(|| black_box(pnc.make(1).take(1_000).count()));
    }
}
