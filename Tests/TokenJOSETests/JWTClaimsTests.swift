import Testing
import TokenJOSE

@Suite struct JWTClaimsTests {
    @Test func `claims are read by type, and the rest is kept`() throws {
        let claims = try JWTClaims(
            payload: Array(
                #"{"iss":"i","sub":"s","aud":["a","b"],"client_id":"c","iat":1,"exp":253402300799,"nbf":0,"jti":"j","sid":"x","scope":"r w","own":[1]}"#
                    .utf8))
        #expect(claims.iss == "i")
        #expect(claims.sub == "s")
        #expect(claims.aud == ["a", "b"])
        #expect(claims.clientID == "c")
        #expect(claims.iat == 1)
        #expect(claims.exp == 253_402_300_799)
        #expect(claims.nbf == 0)
        #expect(claims.jti == "j")
        #expect(claims.sid == "x")
        #expect(claims.scope == "r w")
        #expect(claims.json["own"] == [1])
    }

    @Test func `an empty object has no claims, and one audience is a list of one`() throws {
        let none = try JWTClaims(payload: Array("{}".utf8))
        #expect(none.iss == nil && none.sub == nil && none.exp == nil && none.aud == [])
        #expect(try JWTClaims(["aud": "only"]).aud == ["only"])
    }

    @Test(arguments: [
        (#"{"iss":1}"#, "bad_iss"), (#"{"sub":null}"#, "bad_sub"), (#"{"sub":["a"]}"#, "bad_sub"),
        (#"{"aud":1}"#, "bad_aud"), (#"{"aud":["a",1]}"#, "bad_aud"), (#"{"aud":{}}"#, "bad_aud"),
        (#"{"client_id":true}"#, "bad_client_id"), (#"{"jti":1}"#, "bad_jti"), (#"{"sid":{}}"#, "bad_sid"),
        (#"{"scope":["r"]}"#, "bad_scope"),
        (#"{"exp":"1700000000"}"#, "bad_exp"), (#"{"exp":1700000000.0}"#, "bad_exp"), (#"{"exp":1.7e9}"#, "bad_exp"),
        (#"{"exp":-1}"#, "bad_exp"), (#"{"exp":253402300800}"#, "bad_exp"), (#"{"exp":1e30}"#, "bad_exp"),
        (#"{"exp":null}"#, "bad_exp"), (#"{"iat":1.5}"#, "bad_iat"), (#"{"nbf":true}"#, "bad_nbf"),
        ("[]", "not_an_object"), ("\"x\"", "not_an_object"), ("{", "bad_json"), ("", "bad_json"),
        (#"{"sub":"a","sub":"b"}"#, "duplicate_member"), ("{\"a\":[[[[[[[[]]]]]]]]}", "nesting_too_deep"),
    ])
    func `a claim of the wrong type makes the token malformed`(_ payload: String, _ code: String) {
        #expect(refusal { _ = try JWTClaims(payload: Array(payload.utf8)) } == code)
    }
}
