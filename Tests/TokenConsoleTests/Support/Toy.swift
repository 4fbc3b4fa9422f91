import ArgumentParser
import TokenConsole
import TokenJOSE
import TokenLifecycle

/// A tree small enough to see through, with what the real one has: nouns, aliases, lists, things that fail.
struct Toy: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenctl", version: "tokenctl toy", subcommands: [ToyPet.self, ToyFail.self])
    @OptionGroup var global: GlobalOptions
}

struct ToyPet: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pet", subcommands: [ToyPetList.self, ToyPetShow.self, ToyPetMake.self])
}

struct Pet {
    var name: String
    var legs = 4
    var seen = TestWorld.newYear - .seconds(180)
    var age = Duration.seconds(5400)
    var note: String?

    static let listing = Listing<Pet>(
        schema: "pet.list", id: { $0.name },
        columns: [
            Column("name") { .id($0.name) },
            Column("legs", align: .right) { .count($0.legs) },
            Column("last_seen") { .instant($0.seen) },
            Column("state") { _ in .state("active", .good) },
            Column("note", shrinks: 1) { .text(ifAny: $0.note) },
            Column("age", .wide) { .duration($0.age) },
            Column("tags", .jsonOnly) { _ in .json(.array([.string("a")])) },
        ])
}

struct ToyPetList: ListCommand {
    static let configuration = CommandConfiguration(commandName: "list", aliases: ["ls"])
    static let result = ResultShape.records(Pet.listing)
    @Argument var names: [String] = []
    @OptionGroup var options: ListOptions
    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let names = names == ["-"] ? try console.input.ids() : names
        try console.list(Pet.listing, names.map { Pet(name: $0, note: "likes \($0)") }, options)
    }
}

struct ToyPetShow: ConsoleCommand {
    static let configuration = CommandConfiguration(commandName: "show", aliases: ["get"])
    static let result = ResultShape.records(Pet.listing)
    @Argument var name: String
    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        try console.show(Pet(name: name), Pet.listing)
    }
}

struct ToyPetMake: ConsoleCommand {
    static let configuration = CommandConfiguration(commandName: "make")
    static let result = ResultShape.fields("pet.make")
    @Flag var both = false
    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let second: [(name: String, cell: Cell)] = both ? [("access_token", .text("a.b.c"))] : []
        try console.show(
            Fields(schema: "pet.make", id: "pet_1", [("session_token", .text("tks_secret"))] + second))
    }
}

struct ToyFail: ConsoleCommand {
    static let configuration = CommandConfiguration(commandName: "fail")
    static let result = ResultShape.fields("fail")
    @Argument var how: String
    @OptionGroup var global: GlobalOptions

    private struct Unheard: Error { var secret = "do not show" }

    func run(in console: inout Console) throws {
        if how == "unheard" { throw Unheard() }
        if how == "no" { return console.outcome = .no }
        guard let kind = Failure.Kind(rawValue: how) else { return }
        try console.output.writeLine("before")
        throw Failure(kind, "it \u{1B}[31mfailed\n", hint: "look\u{202E}", target: "pet_1")
    }
}
