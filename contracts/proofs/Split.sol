// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title The split lemma, for the compiler's model checker
/// @dev The arithmetic of Closings._split and TermsLib.feeOn, whatever the numbers: no closing pays more than was paid
/// in, and its three parts add up. `tools/prove.mjs` fails unless every assertion is proved, and unless each planted
/// fault is found.
contract Split {
    uint256 private constant BPS = 10_000;

    /// @dev A share of a claim is at most the claim.
    function share(uint128 claimed, uint256 talentBps) external pure returns (uint256 pay) {
        require(talentBps <= BPS);
        pay = uint256(claimed) * talentBps / BPS;
        assert(pay <= claimed);
    }

    /// @dev A milestone's fee is at most a fifth of it.
    function fee(uint128 amount, uint256 feeBps) external pure returns (uint256 feePaid) {
        require(feeBps <= 2000);
        feePaid = uint256(amount) * feeBps / BPS;
        assert(feePaid <= amount);
    }

    /// @dev Of what was paid in, the pay, the fee kept and the refund: nothing missing, nothing more.
    function close(uint128 amount, uint128 feePaid, uint128 pay) external pure returns (uint256 back) {
        require(amount > 0 && pay <= amount);
        uint256 kept = uint256(feePaid) * pay / amount;
        assert(kept <= feePaid);
        back = uint256(amount) + feePaid - pay - kept;
        assert(pay + kept + back == uint256(amount) + feePaid);
    }
}
