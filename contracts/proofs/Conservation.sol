// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Conservation of four sums, for the compiler's model checker
/// @dev The escrow's bookkeeping without tokens, times and parties: any calls in any order. Of a closing it takes what the
/// split lemma proves: pay and fee together are at most what was paid in for the milestone. Credits are not here;
/// test/invariant has them.
contract Conservation {
    uint256 private paidIn;
    uint256 private paid;
    uint256 private refunded;
    uint256 private fees;
    uint256 private held;

    function fund(uint256 price) external {
        paidIn += price;
        held += price;
    }

    /// @dev Release, settle, refund, agree, resolve.
    function close(uint256 milestone, uint256 pay, uint256 fee) external {
        require(pay + fee <= milestone && milestone <= held);
        paid += pay;
        fees += fee;
        refunded += milestone - pay - fee;
        held -= milestone;
    }

    /// @dev End, reclaim: some or all of what is prepaid.
    function giveBack(uint256 price) external {
        refunded += price;
        held -= price;
    }

    /// @dev A tip passes through, but for its fee.
    function tip(uint256 amount, uint256 fee) external {
        paidIn += amount + fee;
        paid += amount;
        fees += fee;
    }

    function invariant() external view {
        assert(paidIn == paid + refunded + fees + held);
    }
}
