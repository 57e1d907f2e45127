// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IWorkAgreements} from "../src/interfaces/IWorkAgreements.sol";
import {IWorkTypes} from "../src/interfaces/IWorkTypes.sol";
import {AgreementTest} from "./utils/AgreementTest.sol";
import {Vm} from "./utils/Base.sol";
import {
    BlacklistToken,
    DearToken,
    Dollar,
    FeeOnTransferToken,
    GenerousToken,
    HostileToken,
    ShrinkingToken,
    SilentToken
} from "./utils/Tokens.sol";

/// @notice Refuses to move or to approve nothing, as some tokens do.
contract ThriftyToken is Dollar {
    function approve(address spender, uint256 amount) public override returns (bool) {
        require(amount > 0, "nothing");
        return super.approve(spender, amount);
    }

    function _update(address from, address to, uint256 amount) internal override {
        require(amount > 0, "nothing");
        super._update(from, to, amount);
    }
}

contract OddTokensTest is AgreementTest {
    uint256 private constant PRICE = PAY + uint256(PAY) * FEE_BPS / 10_000;

    function test_fund_refusesFeeOnTransfer() public {
        useToken(new FeeOnTransferToken());
        misbehaves(PRICE - 1);
    }

    function test_fund_refusesMoreThanAsked() public {
        useToken(new GenerousToken());
        misbehaves(PRICE + 1);
    }

    function test_fund_refusesAShrinkingBalance() public {
        useToken(new ShrinkingToken());
        token.mint(address(agreements), 5);
        misbehaves(0);
    }

    function test_fund_refusesAnUnpaidPrice() public {
        vm.prank(employer);
        token.approve(address(agreements), PRICE - 1);
        IWorkTypes.Terms memory terms = termsOf(1);
        bytes memory signature = signed(terms);
        vm.expectRevert();
        vm.prank(employer);
        agreements.fund(terms, signature, 1);
        vm.assertTrue(!agreements.isNonceSpent(talent, terms.nonce));
    }

    function test_silentToken_worksThroughout() public {
        SilentToken silent = new SilentToken();
        silent.mint(employer, PRICE);
        token = Dollar(address(silent));
        list(address(silent), 1);
        IWorkTypes.Terms memory terms = termsOf(1);
        fund(terms, 1);
        release(terms, 0, PAY);
        agreements.sweepFees(address(token));
        vm.assertEq(credit(talent, address(token)), 0);
        vm.assertEq(silent.balanceOf(payout), PAY);
        vm.assertEq(silent.balanceOf(feeReceiver), feeOn(PAY));
        vm.assertEq(silent.balanceOf(address(agreements)), 0);
    }

    /// Whoever is owed nothing is neither paid nor credited; a token that refuses to move nothing stops nothing.
    function test_thriftyToken_isAskedForNothing() public {
        useToken(new ThriftyToken());
        IWorkTypes.Terms memory terms = termsOf(3);
        bytes32 agreement = fund(terms, 3);
        vm.recordLogs();
        release(terms, 0, PAY);
        refund(terms, 1);
        vm.prank(employer);
        agreements.tip(terms, 1);
        submit(terms, 2, 1);
        vm.prank(manager);
        agreements.dispute(terms, 2, 0, 0);
        court.rule(caseOf(terms, 2), 0);
        agreements.resolve(terms, 2);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            vm.assertTrue(logs[i].topics[0] != IWorkTypes.PaymentCredited.selector, "credited");
        }
        assertState(agreement, IWorkTypes.Phase.Ended, 3, 3);
        vm.assertEq(token.balanceOf(payout), PAY + 1);
        vm.assertEq(held(), feeOn(PAY));
    }

    /// Nothing from an address with code is a payment, however little code that is.
    function test_silence_ofAByteOfCodeIsAPayment() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        fund(terms, 1);
        vm.etch(address(token), hex"00");
        release(terms, 0, PAY);
        vm.assertEq(credit(talent, address(token)), 0);
    }

    function test_release_creditsTalentWhenPayoutIsRefused(uint256 pay, bool saysFalse) public {
        BlacklistToken book = useBlacklist(saysFalse);
        IWorkTypes.Terms memory terms = termsOf(1);
        bytes32 agreement = fund(terms, 1);
        book.refuse(payout, true);
        pay = bound(pay, 1, PAY);

        vm.expectEmit(address(agreements));
        emit IWorkTypes.PaymentCredited(
            keccak256(abi.encode(talent, terms.nonce)), talent, address(token), agreement, pay
        );
        release(terms, 0, pay);

        vm.assertEq(credit(talent, address(token)), pay);
        vm.assertEq(credit(payout, address(token)), 0);
        assertState(agreement, IWorkTypes.Phase.Ended, 1, 1);
    }

    function test_refund_creditsEmployerWhoIsRefused(bool saysFalse) public {
        BlacklistToken book = useBlacklist(saysFalse);
        IWorkTypes.Terms memory terms = termsOf(2);
        fund(terms, 2);
        book.refuse(employer, true);
        refund(terms, 0);
        vm.warp(NOW + WORK + REVIEW + 1);
        agreements.reclaim(terms, 1);
        vm.assertEq(credit(employer, address(token)), 2 * PRICE);
    }

    function test_withdraw_paysWhereThePartySays(bool saysFalse) public {
        BlacklistToken book = useBlacklist(saysFalse);
        IWorkTypes.Terms memory terms = termsOf(1);
        fund(terms, 1);
        book.refuse(payout, true);
        release(terms, 0, PAY);

        vm.expectEmit(address(agreements));
        emit IWorkTypes.CreditWithdrawn(talent, address(token), stranger, PAY);
        withdraw(talent, stranger);

        vm.assertEq(token.balanceOf(stranger), PAY);
        vm.assertEq(held(), feeOn(PAY));
        vm.expectRevert(abi.encodeWithSelector(IWorkTypes.NothingCredited.selector, talent, address(token)));
        withdraw(talent, stranger);
    }

    function test_withdraw_keepsTheCreditWhenTheTokenRefusesAgain(bool saysFalse) public {
        BlacklistToken book = useBlacklist(saysFalse);
        IWorkTypes.Terms memory terms = termsOf(1);
        fund(terms, 1);
        book.refuse(payout, true);
        release(terms, 0, PAY);
        vm.expectRevert(
            saysFalse
                ? abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(token))
                : abi.encodeWithSignature("Error(string)", "refused")
        );
        withdraw(talent, payout);
        vm.assertEq(credit(talent, address(token)), PAY);
    }

    function test_withdraw_refusesLostAddresses() public {
        BlacklistToken book = useBlacklist(false);
        fund(termsOf(1), 1);
        book.refuse(payout, true);
        release(termsOf(1), 0, PAY);
        address[3] memory lost = [address(0), address(token), address(agreements)];
        for (uint256 i = 0; i < lost.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IWorkTypes.RecipientInvalid.selector, lost[i]));
            withdraw(talent, lost[i]);
        }
    }

    function test_withdraw_refusesOthersCredit(address caller) public {
        if (caller == talent) caller = stranger;
        BlacklistToken book = useBlacklist(false);
        fund(termsOf(1), 1);
        book.refuse(payout, true);
        release(termsOf(1), 0, PAY);
        vm.expectRevert(abi.encodeWithSelector(IWorkTypes.NothingCredited.selector, caller, address(token)));
        withdraw(caller, caller);
    }

    /// A token that stops the escrow itself delays payments; it holds up no state.
    function test_blockedEscrow_stillCloses() public {
        BlacklistToken book = useBlacklist(false);
        IWorkTypes.Terms memory terms = termsOf(1);
        fund(terms, 1);
        book.refuse(address(agreements), true);
        release(terms, 0, PAY / 2);
        vm.expectRevert();
        agreements.sweepFees(address(token));

        book.refuse(address(agreements), false);
        withdraw(talent, talent);
        withdraw(employer, employer);
        agreements.sweepFees(address(token));
        vm.assertEq(held(), 0);
    }

    function test_hostileToken_cannotBlockAClosing(uint8 answer) public {
        HostileToken hostile = new HostileToken();
        useToken(hostile);
        IWorkTypes.Terms memory terms = termsOf(1);
        bytes32 agreement = fund(terms, 1);
        hostile.become(HostileToken.Answer(bound(answer, 1, 4)));
        vm.prank(manager);
        agreements.release{gas: 900_000}(terms, 0, PAY / 2);

        assertState(agreement, IWorkTypes.Phase.Ended, 1, 1);
        vm.assertEq(credit(talent, address(token)), PAY / 2);
        vm.assertEq(credit(employer, address(token)), PRICE - PAY / 2 - feeOn(PAY / 2));
    }

    /// A short answer is no "true", whatever the escrow's memory held in the byte that the answer leaves out.
    function test_shortAnswer_isNotTrue() public {
        address ending = address(uint160(0x70000000000000000000000000000000000001));
        vm.etch(ending, address(new HostileToken()).code);
        useToken(HostileToken(ending));
        IWorkTypes.Terms memory terms = termsOf(1);
        while (uint8(uint256(agreements.hashTerms(terms))) != 1) terms.nonce++;
        fund(terms, 1);
        HostileToken(ending).become(HostileToken.Answer.ShortWord);
        release(terms, 0, PAY);
        vm.assertEq(credit(talent, ending), PAY);
    }

    function test_vanishedToken_leavesCredits() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        fund(terms, 1);
        vm.etch(address(token), "");
        release(terms, 0, PAY);
        vm.assertEq(credit(talent, address(token)), PAY);
    }

    /// EIP-150: whatever gas a stranger sends, even a dear payment is made in full or the whole call fails.
    function test_settle_cannotBeStarved(uint256 gas) public {
        useToken(new DearToken());
        IWorkTypes.Terms memory terms = termsOf(1);
        fundAndSubmit(terms, PAY / 2);
        vm.warp(NOW + REVIEW + 1);
        bytes memory call = abi.encodeCall(IWorkAgreements.settle, (terms, 0));
        vm.prank(stranger);
        (bool done,) = address(agreements).call{gas: bound(gas, 100_000, 700_000)}(call);
        vm.assertEq(token.balanceOf(payout), done ? PAY / 2 : 0);
        vm.assertEq(credit(talent, address(token)), 0);
        vm.assertEq(credit(employer, address(token)), 0);
    }

    function test_release_saysWhenGasIsShort() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        fund(terms, 1);
        bytes memory call = abi.encodeCall(IWorkAgreements.release, (terms, 0, PAY));
        vm.prank(manager);
        (bool done, bytes memory answer) = address(agreements).call{gas: 215_000}(call);
        vm.assertTrue(!done);
        vm.assertEq(bytes32(bytes4(answer)), bytes32(IWorkTypes.NotEnoughGas.selector));
        uint256 needed;
        assembly ("memory-safe") {
            needed := mload(add(answer, 0x44))
        }
        vm.assertEq(needed, 215_000);
    }

    function misbehaves(uint256 received) private {
        IWorkTypes.Terms memory terms = termsOf(1);
        bytes memory signature = signed(terms);
        vm.expectRevert(abi.encodeWithSelector(IWorkTypes.TokenMisbehaved.selector, address(token), PRICE, received));
        vm.prank(employer);
        agreements.fund(terms, signature, 1);
    }

    function useBlacklist(bool saysFalse) private returns (BlacklistToken book) {
        book = new BlacklistToken();
        book.sayFalse(saysFalse);
        useToken(book);
    }

    function withdraw(address party, address to) private {
        vm.prank(party);
        agreements.withdraw(address(token), to);
    }
}
