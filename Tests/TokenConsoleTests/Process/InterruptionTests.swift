import Synchronization
import Testing
import TokenConsole

@Suite struct `INT and TERM` {
    @Test func `end the process at once while nothing is at stake`() {
        let interruption = Interruption()
        #expect(!interruption.isRequested)
        #expect(interruption.receive(2))
        #expect(interruption.exitCode == 130)
    }

    @Test func `break off what is running, and let it roll back`() {
        let interruption = Interruption()
        let brokenOff = Mutex(0)
        interruption.protecting({ brokenOff.withLock { $0 += 1 } }) {
            #expect(!interruption.receive(15))
            interruption.protecting { #expect(!interruption.receive(15)) }
        }
        #expect(brokenOff.withLock { $0 } == 2)
        #expect(interruption.exitCode == 143)
        #expect(interruption.receive(15))
    }
}
