/// Who acts: a name for people, and the OS user id that cannot be typed.
package struct Actor: Sendable, Equatable {
    package var name: String
    package var uid: Int64

    package init(name: String, uid: Int64) {
        self.name = name
        self.uid = uid
    }
}
