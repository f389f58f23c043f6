//! MACs as another implementation of HMAC makes them (Python's hmac and hashlib).

use super::*;

/// Those of the request, of its answer a second later, of a second answer another second later, and
/// of a BADTIME from a server whose clock is 1000 s ahead.
const VECTORS: [(Algorithm, [&str; 4]); 9] = [
    (
        Algorithm::HmacMd5,
        [
            "e31b3639f5a6eb3efbbbc1b16d45c206",
            "21e0c83a9f83509f6ef6d1877f2b830c",
            "b41d8350de8411357aae7fb3c5adca9c",
            "a30eaba64c223b72f34d8ab6ab74dc3b",
        ],
    ),
    (
        Algorithm::HmacSha1,
        [
            "2516765781eb4341458af507f36eeb746d94a130",
            "b872405ced5b1c3c9f802db09ecb44a7e661ae5a",
            "30caff6859e42c48bd6b8d59926398b000a790fe",
            "272a1b0814448bf5c81967dc4b8b57c4c7073bf8",
        ],
    ),
    (
        Algorithm::HmacSha224,
        [
            "473aa52d3e978deb99628d3eab276cd7ffb40a33361ff94a67c26f4f",
            "05c37d5c73719aaf35b2e78a95fec290a0f5987f96977e0d3867c972",
            "c9d81f75b09d716c9bfbd3ff5ef1117c91ce92451a73fa32e6513287",
            "eec4bc714ba25ac5673cab5248dc34647cba234dea0b5734a6eb42c1",
        ],
    ),
    (
        Algorithm::HmacSha256,
        [
            "1929155ea9afaf639410cf3a634e3464fdcaf15e031b83d5224f22a9e7ada69b",
            "eff78fbf7e6b8fffe6b15752ab37e28cdcdcc6f253be7bd46efcf984cd6b9f4e",
            "45da246283db5e44ae198726ca3531ed857384e20cdd07634ae86ed3c7ed8df7",
            "191a068eda6f947f2b187e605de7d75f08d7a2166f8d2a44e399ea3c2a34baf7",
        ],
    ),
    (
        Algorithm::HmacSha256_128,
        [
            "5e63d50e95231760329710bbff335816",
            "c321b11e38858c114298890b0c2cb969",
            "7127af0ccfb8a8f7274c6e220ac75934",
            "ae0f8af56f4b5f38c590a671dc4f44f8",
        ],
    ),
    (
        Algorithm::HmacSha384,
        [
            "68922909798d093eea4974687ab3182bd7c478d39090a18f9da71e03fea7a56e9c1aa14e0982487af131bb4e1b0d689f",
            "967be81e583f1e2b61a04ade50ebe5e8a0c15a81bb940a44c13828d836aa038e5972425227a17a1d75fc8cf8a6402209",
            "30abde14ac5178423cdb6a81ca13681236bb350a23453661ced3eb9307ab485e7e54b970a718d8991254281db7457ad1",
            "5e6b8184599257a08d8d933b726c70283e762dbfa7a4e2ccb15c10c6d67840f62b407ecc12de7e8a9b8b153229297d43",
        ],
    ),
    (
        Algorithm::HmacSha384_192,
        [
            "dc70d081e1d0175a9e593dcd5dbde9f3f2ba32fc0f17564b",
            "164553dc5240e5bfb53e3115619e019bbfdc652600c6787d",
            "7bde0211da4136baebda9797bea8bc913dcc6a37034478a7",
            "e48e2b2d66565356be4ec87ee9977569c7b7494d952cef98",
        ],
    ),
    (
        Algorithm::HmacSha512,
        [
            "7ab25d9cdc25d00e536d08fc9541947b841bf0970488858a41f1e36e5b2abd628b297f5ed47dd31cc9581eb3f22d696fef67abf258edea0a92232d6f40c136eb",
            "8641cecd238c4d826bfb40ca978f5c4b049da27579a443d98fa42a0cc8182a4664be4ac1226e0203d8f7b4be45742adaf5765ec9855d29cf6ed0dc274967d8e1",
            "d69579121bce32afb4d5bb323985893b589a34a7538328c1c7b90e2d53939fc672818e9229c482ba4c14bf4abdcd0e18f4b2af76c8ec79b7e1dd4ef429eccdc8",
            "b4aa98dee4e6bdcff5438019e736845f09015c22cc587f76dd6ca1960d396999d85eb1a5615ee4769a9f58e98c30454ccbdef1e3ecfbcb8ce11d93049836d4e4",
        ],
    ),
    (
        Algorithm::HmacSha512_256,
        [
            "2091fca4032ac78143654e62f676338e731cb130065153c2f1eb3837cb133f8b",
            "7d83a3b35f47c60a317f8c6184cb283b8e72de413a65c9074b0d08dce499be82",
            "5115ea4b55e1b7db2593a3219ac83e80576557ec36650c371d9e13673767f19f",
            "fc4a6d6ae91334529506b433c7f32fc535ea713c138e2870b45e104639ff5c28",
        ],
    ),
];

#[test]
fn macs_are_those_of_another_implementation() {
    for (algorithm, [of_request, first, second, late]) in VECTORS {
        let key = key(algorithm);
        let mut signed = request();
        sign_request(&mut signed, &key, NOW, 300).unwrap();
        assert_eq!(mac(&signed), of_request, "{algorithm}");
        let at = tsig_at(&signed);
        assert_eq!(at, request().len());
        let request = verify(&signed, at, &keys(&key), NOW + 300).unwrap();
        assert!(Arc::ptr_eq(request.key(), &key));

        let (mut one, len) = answer();
        let end = request.sign(&mut one, len, NOW + 1).unwrap();
        assert_eq!(end, len + request.record_len(), "{algorithm}");
        assert_eq!(mac(&one[..end]), first, "{algorithm}");

        let mut sequence = request.into_sequence();
        for (mac_of, time) in [(first, NOW + 1), (second, NOW + 2)] {
            let (mut answer, len) = answer();
            let end = sequence.sign(&mut answer, len, time).unwrap();
            assert_eq!(end, len + sequence.record_len(), "{algorithm}");
            assert_eq!(mac(&answer[..end]), mac_of, "{algorithm}");
        }

        let refusal = verify(&signed, at, &keys(&key), NOW + 1000).unwrap_err();
        let (mut error, len) = answer();
        let end = refusal.append(&mut error, len, NOW + 1000).unwrap();
        assert_eq!(end, len + refusal.record_len(), "{algorithm}");
        assert_eq!(mac(&error[..end]), late, "{algorithm}");
    }
}
