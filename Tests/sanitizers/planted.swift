// Faults on purpose, to know that a sanitizer sees such in Swift, and what is none, to know that it does not: scripts/sanitize
// runs each word by itself before it believes anything.
//
//   race   two threads count without a lock          for the thread sanitizer
//   lock   the same with a Mutex, fought for         for nobody
//   freed  memory is read after it was given back    for the address sanitizer

import Dispatch
import Synchronization

final class Counter: Sendable {
    nonisolated(unsafe) var bare = 0  // what `race` is about
    let locked = Mutex(0)
}

let counter = Counter()

func fight(_ body: @escaping @Sendable () -> Void) {
    DispatchQueue.concurrentPerform(iterations: 4) { _ in
        for _ in 0..<20_000 { body() }
    }
}

switch CommandLine.arguments.last {
case "race": fight { counter.bare += 1 }
case "lock":
    fight { counter.locked.withLock { $0 += 1 } }
    precondition(counter.locked.withLock { $0 } == 80_000)
case "freed":
    let pointer = UnsafeMutablePointer<Int>.allocate(capacity: 4)
    pointer.initialize(repeating: 1, count: 4)
    pointer.deallocate()
    print(pointer[2])
default: fatalError("planted: race, lock or freed")
}
