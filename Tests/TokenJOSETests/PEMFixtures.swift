/// Keys that `openssl` made for these tests and nothing else.
enum PEMFixtures {
    static let sec1 = """
        -----BEGIN EC PARAMETERS-----
        BggqhkjOPQMBBw==
        -----END EC PARAMETERS-----
        -----BEGIN EC PRIVATE KEY-----
        MHcCAQEEIDmSk4P+1mDY7k9ub4WcaTE9XmPuSgeHwqTg61o3SkBKoAoGCCqGSM49
        AwEHoUQDQgAESRCvSwgfEYlPLXSIAt/YkBt+kmNzUCzG5LiJUaTntRXloPwzUu9l
        Y3wM0n54tmz1Hh9mT+lOZIZH8KI+PLWVMw==
        -----END EC PRIVATE KEY-----
        """

    static let p256PKCS8 = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgOZKTg/7WYNjuT25v
        hZxpMT1eY+5KB4fCpODrWjdKQEqhRANCAARJEK9LCB8RiU8tdIgC39iQG36SY3NQ
        LMbkuIlRpOe1FeWg/DNS72VjfAzSfni2bPUeH2ZP6U5khkfwoj48tZUz
        -----END PRIVATE KEY-----
        """

    static let p256SPKI = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAESRCvSwgfEYlPLXSIAt/YkBt+kmNz
        UCzG5LiJUaTntRXloPwzUu9lY3wM0n54tmz1Hh9mT+lOZIZH8KI+PLWVMw==
        -----END PUBLIC KEY-----
        """

    static let ed25519PKCS8 = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEIBVA2GjTXr0MVniwDkWqjf4O4lc3qYVrqvDN8yANXYKL
        -----END PRIVATE KEY-----
        """

    static let ed25519SPKI = """
        -----BEGIN PUBLIC KEY-----
        MCowBQYDK2VwAyEAnGjg5smvQh9z+cOrjwz1deZ+c7FsCQXMMdxIFznxZpI=
        -----END PUBLIC KEY-----
        """

    static let rsaPKCS1 = """
        -----BEGIN RSA PRIVATE KEY-----
        MIIEpAIBAAKCAQEAuy1PPonHSDBKzfpFAw88EgmFkr4epbgOCRxZ2cHdQUvLDav+
        lGTHXSHN18WFVrZHvxHRED1l9UdJtfD2+FB2rJshq/HEkfy96Phd6WeQH/AIkA1a
        gygqJjU+oP2JOW+O3CBUhKVRfwlDgrNjTZBP/AmAXW0NF8VhQTT9oxlIU/LCC7eD
        h6a8HCLtW67eCNhA4/tFHRtswIx7adrGewnymaRUCacwcI0x9lFPbABpOLOgfTYN
        gv4GGfS34v3ezy+5JovRgQ3pMZh3bsts8e2g1uINCsE4+shfqFIBCi6FemT0MjYq
        Med7Pzaszlz5r19OEDerCFwUTnoxJ4kIL0iz1QIDAQABAoIBAAiD665/KyNEGysa
        vyf/+e4iI8MExjUo1e6hLQ9EjBHL5m11TSwoF4/LmWc/E61ZtpLhNx8jg+9wMlDG
        KR4r3vJETnhZk+VGV8dxASi8ruhdDa6sBNmhqqU5V+OQFT2ZLykhiWbNdJMwczNP
        gO2G6rSfJAlcDDPwJVgHlqBkZo93EE8yk9jvzQusDpJGSt2DGkqMPDBcAPwsj1sE
        ZFmU1ltoOZXcd0Fm4mdUxQpVSkiswdmG65h+uXwxBh4x7w81Jx9txlvJHlCCgs28
        amWKFiz4+tp7sNFUkazbfN2p0SwAqTDqeSeRJfWaSVf2TmiBmfe+woKePRYdgiQD
        IDbT9aMCgYEA8CCEh9jjGAYvZkKj7xO2mXW5TgWqLirhfdYjjIfMlYTEguxVI24a
        ++5RNy4zRN8Z+OMjMtaOM/dEIm83hwZMUPnM7Afp4WL+R8U5lIJ4SSjdm+ghxh0h
        0HK+4u7EtYLRkkLsrVux9QnC5w+5AqkuFSfQ7LUzVwdNCj15aUb7ANMCgYEAx4zC
        f70MMlHf7hrQiOIolTcAsGsZYJIvxlxQHdUV9TWfuIzlFLSkdR82HQp4TKpkwtbB
        ZxwH7bRl8UOD8vg5Ms3VSCrV+PwU5nFwhPAKFNSZbcouK3gVqlkmnFr6olizb4mR
        hT9zbdhbF2v8EkJAowwkx2TTVMunkgbCXiC+T7cCgYEAwhe2qEuiO+/77i9dbMjF
        ZsNmVe90QD7+5wTo1RWLQyv+30iCBNJh01MtqGmanUesKaYG9HfCl7R9CUxWWLi5
        hRZ1Ei/PVxP6Ly72vNi8u33hqrx2WDmB9IhbTPjsXT7xgMTBo9qjPEp4lOX7iHAR
        RJ5bXImWhvjqx6Uq9vKdvmsCgYB91Mb5Ic7FFFfunz4McwBAR3TJyl8wRD6YCLIE
        fc/g1jWnfEEgM2DY8ht/aJC/V1s+eYlvaX+eZvk5j+dumRQIcz8gyNIwtVTAk5vu
        WCcjR4SQdMN0ab7PsnPkeII/SUus88Stj3tMMvgN5uwG33w+1HOEwJF6kQlTzatX
        C7K2NQKBgQChSo6escj/5HikVLG3PR1rVp/1XxOdIiivhSfdcxeNbkBW4P5N/Sf4
        T2hOKVF3loTIevFEojb6kCI8tx5CYzZ95O9ngUp7kJ+BHjddOkbD+aFTGrgbEmzA
        oNQhjQPcEeO1ubtYu8MIatCAzrP0M3fxrkm8x9e75nJ64G7NSSjS3A==
        -----END RSA PRIVATE KEY-----
        """

    static let rsaPublicPKCS1 = """
        -----BEGIN RSA PUBLIC KEY-----
        MIIBCgKCAQEAuy1PPonHSDBKzfpFAw88EgmFkr4epbgOCRxZ2cHdQUvLDav+lGTH
        XSHN18WFVrZHvxHRED1l9UdJtfD2+FB2rJshq/HEkfy96Phd6WeQH/AIkA1agygq
        JjU+oP2JOW+O3CBUhKVRfwlDgrNjTZBP/AmAXW0NF8VhQTT9oxlIU/LCC7eDh6a8
        HCLtW67eCNhA4/tFHRtswIx7adrGewnymaRUCacwcI0x9lFPbABpOLOgfTYNgv4G
        GfS34v3ezy+5JovRgQ3pMZh3bsts8e2g1uINCsE4+shfqFIBCi6FemT0MjYqMed7
        Pzaszlz5r19OEDerCFwUTnoxJ4kIL0iz1QIDAQAB
        -----END RSA PUBLIC KEY-----
        """

    static let rsa1024SPKI = """
        -----BEGIN PUBLIC KEY-----
        MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCktXOKXc44uK5ZDbJOCKBSLxxa
        wp1mGZ5/G0WvCulvc8SXSMBwXsfmDbCT4HaK63msA5hJv4ad4aPcPBHsz5F2q9vm
        Lex3L+pjd/ZLXLItuu3bmLDYFn7aJSxTeVTG2icyglRcJawCwJB98p3IYqjKs+nR
        YEh3zxgYKqQW40vcOQIDAQAB
        -----END PUBLIC KEY-----
        """

    static let encryptedPKCS8 = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjfvurzyL1aUQICCAAw
        DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEDbMn+zn8Q8VL06YAWaG/5gEgZDt
        pWSz20So4cvSP/DqLtS/sqzQjgY9tQy49T6Z9BQ9oCTDG6evPz7TomAixAYJG8JO
        BINV8IP/FN4Yw1cSfB3J+LCEv45iJamRh4zvAkalHtyHpvl3Dz+y2gHBUACaAhlr
        vshhL2dGuNn53Y4OLYkongQ2tDTKZrcmogA0o8xImh1++WLTw1Vr1EdBA5pT468=
        -----END ENCRYPTED PRIVATE KEY-----
        """

    static let encryptedSEC1 = """
        -----BEGIN EC PRIVATE KEY-----
        Proc-Type: 4,ENCRYPTED
        DEK-Info: AES-128-CBC,1B8D5B19F348AF96AFAC2DE872D7D497

        ixV7pYEaVrjKMTGsLruwRBDOZQUsJT5SUF+5Q+5VHHpxW9Td1QA1YjhR+hgjR9/X
        2bMN8fXpxBM+Bl9iZs87I2mqokhFqUXtP7TQYWKNJ0wxIKKccCJi2GhFS9EDO218
        xdDIBIrRdzAo9UgHRLJ6YqozrarHIFZ/zsLeoBzhEec=
        -----END EC PRIVATE KEY-----
        """

    static let secp256k1 = """
        -----BEGIN EC PRIVATE KEY-----
        MHQCAQEEIMq7vFXSpy/+ULuYKiJjDM/m6f6O9EcFaoydHU+TLVYkoAcGBSuBBAAK
        oUQDQgAENby+evQdhVut0ITbB1z7q+pXQarO1ze8sNEv7383dgC6VJM2ZWhNETRQ
        w59G2pX70/rWbliXCA+gW/oNUoj6cw==
        -----END EC PRIVATE KEY-----
        """

    static let p384 = """
        -----BEGIN EC PRIVATE KEY-----
        MIGkAgEBBDCtpnuzBducMMRKOcTT3+CkJh1EUJ3IbUNZ9xdrRhvh13BQH8xxQ9xl
        pCQxKxweZvGgBwYFK4EEACKhZANiAAQsc8urWOzZ046LvUi4kjiwFWFrcdX6eNtQ
        0Y16ri+2ihdf1UlOTdXFjim5b6ffJBESZwt29LcdK1g8JRnsZoN7BRnzA9L13kWG
        qUhxPKrzqwUymtJHlavgmqnMmfW3Gbw=
        -----END EC PRIVATE KEY-----
        """

    static let explicitParameters = """
        -----BEGIN EC PRIVATE KEY-----
        MIIBaAIBAQQgjKofqm43Ix0IKLNZPSmUExmv3amglKiSScAFdIjqnSeggfowgfcC
        AQEwLAYHKoZIzj0BAQIhAP////8AAAABAAAAAAAAAAAAAAAA////////////////
        MFsEIP////8AAAABAAAAAAAAAAAAAAAA///////////////8BCBaxjXYqjqT57Pr
        vVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMVAMSdNgiG5wSTamZ44ROdJreBn36QBEEE
        axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54W
        K84zV2sxXs7LtkBoN79R9QIhAP////8AAAAA//////////+85vqtpxeehPO5ysL8
        YyVRAgEBoUQDQgAEnabybFCYY1rXo87pkAVZK9peHQHeJ9kFLVgT966zb06N+yXS
        gELHJOG1PC9X6v1yP/9HvTPkgERVGSD17Rkwpw==
        -----END EC PRIVATE KEY-----
        """

    static let x25519 = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VuBCIEIGDn8EuMXs6gl/WZRKNsrGdGutVSBmQGzQi4mVc8OBtG
        -----END PRIVATE KEY-----
        """

    static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBczCCARmgAwIBAgIUM4NP3sbUV29L3F05XHp/XvOX8MAwCgYIKoZIzj0EAwIw
        DzENMAsGA1UEAwwEdGVzdDAeFw0yNjExMjEwMzEyMzJaFw0yNjExMjIwMzEyMzJa
        MA8xDTALBgNVBAMMBHRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARJEK9L
        CB8RiU8tdIgC39iQG36SY3NQLMbkuIlRpOe1FeWg/DNS72VjfAzSfni2bPUeH2ZP
        6U5khkfwoj48tZUzo1MwUTAdBgNVHQ4EFgQUX2E5lvXgQKfmEbWvKIDUBCUxuVww
        HwYDVR0jBBgwFoAUX2E5lvXgQKfmEbWvKIDUBCUxuVwwDwYDVR0TAQH/BAUwAwEB
        /zAKBggqhkjOPQQDAgNIADBFAiAoLHZUns8on4OtnaW+rvnZ0gu/ohE5dWwQKl/N
        2dwa/AIhAJvTvJhU36pFznM1BMUe/VilyGdvPCd0D/TwzNdlOg9v
        -----END CERTIFICATE-----
        """
}
