// Faults on purpose, to know that a sanitizer sees such in Swift, and what is none, to know that it does not: scripts/sanitize
// runs each word by itself before it believes anything.
//
//   race   two threads count without a lock          for the thread sanitizer
//   lock   the same with a Mutex, fought for         for nobody
//   freed  memory is read after it was given back    for the address sanitizer

import Foundation
import Synchronization

final class Counter: Sendable {
    nonisolated(unsafe) var bare = 0  // what `race` is about
    let locked = Mutex(0)
}

let counter = Counter()

/// In four threads that nothing orders, whatever else the machine does.
func fight(_ body: @escaping @Sendable () -> Void) {
    let threads = (0..<4).map { _ in
        Thread { for _ in 0..<5000 { body() } }
    }
    for thread in threads { thread.start() }
    while !threads.allSatisfy(\.isFinished) { usleep(1000) }
}

switch CommandLine.arguments.last {
case "race": fight { counter.bare += 1 }
case "lock":
    fight {
        counter.locked.withLock { count in
            count += 1
            // Who is put aside now keeps the others waiting.
            sched_yield()
        }
    }
    precondition(counter.locked.withLock { $0 } == 20_000)
case "freed":
    let pointer = UnsafeMutablePointer<Int>.allocate(capacity: 4)
    pointer.initialize(repeating: 1, count: 4)
    pointer.deallocate()
    print(pointer[2])
default: fatalError("planted: race, lock or freed")
}
