import Testing
import TokenLifecycle

@Suite struct `IP addresses` {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
        ("::ffff:192.0.2.1", "192.0.2.1"), ("::FFFF:c000:0201", "192.0.2.1"), ("::", "::"), ("::1", "::1"),
        ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("2001:db8::", "2001:db8::"), ("fe80::1:2:3:4", "fe80::1:2:3:4"),
        ("1:0:0:2:0:0:0:3", "1:0:0:2::3"), ("1:0:0:2:3:0:0:4", "1::2:3:0:0:4"), ("1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"),
        ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
    ])
    func `have one canonical text`(text: String, canonical: String) throws {
        let address = try IPAddress(text)
        #expect("\(address)" == canonical)
        #expect(address.bytes.count == 16)
        #expect(try IPAddress("\(address)") == address)
    }

    @Test(arguments: [
        "", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.04", " 1.2.3.4", "1.2.3.4 ", "1..3.4",
        "0x1.2.3.4",
        ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::8", "12345::", "g::",
        "fe80::1%eth0",
        "::1.2.3", "1.2.3.4::", "[::1]", "1:", ":1", "::1:", "１.2.3.4", "+1::", "1.2.3.4/8",
    ])
    func `that are written wrongly are refused`(text: String) {
        let failure = #expect(throws: Failure.self) { try IPAddress(text) }
        #expect(failure?.kind == .usage)
    }

    @Test func `of both kinds sort as their bytes`() throws {
        #expect(try IPAddress("10.0.0.2") < IPAddress("10.0.0.10"))
        #expect(try IPAddress("::1") < IPAddress("10.0.0.2"))
        #expect(try IPAddress("10.0.0.2") < IPAddress("2001:db8::"))
    }
}

@Suite struct `Networks` {
    @Test(arguments: [
        ("10.0.0.0/8", "10.0.0.0", "10.255.255.255"), ("192.0.2.0/31", "192.0.2.0", "192.0.2.1"),
        ("0.0.0.0/0", "0.0.0.0", "255.255.255.255"), ("192.0.2.7", "192.0.2.7", "192.0.2.7"),
        ("192.0.2.7/32", "192.0.2.7", "192.0.2.7"),
        ("2001:db8::/33", "2001:db8::", "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff"),
        ("::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("::ffff:10.0.0.0/104", "10.0.0.0", "10.255.255.255"),
    ])
    func `are ranges of addresses`(text: String, first: String, last: String) throws {
        let network = try IPNetwork(text)
        #expect("\(network.first)" == first)
        #expect("\(network.last)" == last)
        #expect(try IPNetwork("\(network)") == network)
    }

    @Test(arguments: ["10.0.0.0/33", "10.0.0.0/", "10.0.0.0/08", "10.0.0.0/-1", "10.0.0.0/8/8", "/8", "::/129", "x/8"])
    func `that are written wrongly are refused`(text: String) {
        #expect(throws: Failure.self) { try IPNetwork(text) }
    }

    @Test func `with bits beyond the prefix are refused, naming the network`() {
        let failure = #expect(throws: Failure.self) { try IPNetwork("10.1.2.3/8") }
        #expect(failure?.hint == "the network is 10.0.0.0/8, the host alone 10.1.2.3")
    }

    @Test func `of IPv4 hold no IPv6 address`() throws {
        #expect(try IPNetwork("0.0.0.0/0").contains(IPAddress("203.0.113.9")))
        #expect(try !IPNetwork("0.0.0.0/0").contains(IPAddress("2001:db8::1")))
    }
}
